// Streams a run's log to one client.
#ifndef SERVICE_WATCH_WATCH_REACTOR_H_
#define SERVICE_WATCH_WATCH_REACTOR_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "service/log/log_follower.h"
#include "service/log/watched_run.h"
#include "service/watch/event_view.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// How a run is watched.
struct WatchOptions {
  uint64_t after = 0;
  bool by_creator = false;          // his leaving may cancel the run (WatchedRun::OnCreatorLeft)
  std::unique_ptr<EventView> view;  // null: the log's own bytes
  // After so long without a message, one tells where the watch stands: networks and proxies forget
  // connections that are silent.
  absl::Duration keep_alive = absl::Seconds(15);
};

// A stream of encoded batches, for WatchRun and CreateAndWatchRun alike: they are the same on
// the wire.
// One write is in flight at a time, and they begin some time apart (EventView::interval, longer
// while much comes) unless there is very much to send or the run has ended; what a slow client has
// not read stays in the log, on the disk. gRPC owns it: it deletes itself once the call is over.
// Its methods may come from any thread.
class WatchReactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  // `on_done` is called once, when the call is over for whatever reason.
  explicit WatchReactor(absl::AnyInvocable<void()> on_done);

  // Either Watch or Fail must be called once: until then the reactor stays, even if the client
  // goes.
  void Watch(std::shared_ptr<WatchedRun> run, const LogSource& source, WatchOptions options);
  void Fail(const absl::Status& status);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // Outlives the reactor for as long as the log keeps it.
  class Reader;

  // Reads on, and starts a write or waits for the log to grow.
  void Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishView() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What is to be sent; none: nothing yet.
  absl::StatusOr<absl::optional<RunLog::Batch>> ReadOn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SkipToNewest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Puts the view's response in place of the events. False: nothing is to be sent now.
  bool Show(RunLog::Batch* batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Write(RunLog::Batch batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnGrown();
  void OnAlarm();
  void OnIdle();
  void AwaitIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether to wait a little for more, so that a busy run is not sent event by event.
  bool Linger() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishOnce(const grpc::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::AnyInvocable<void()> on_done_;

  // Held while gRPC's Start... are called, which never call back at once. Taken before the run's.
  Mutex mutex_;
  std::shared_ptr<WatchedRun> run_ ABSL_GUARDED_BY(mutex_);
  WatchOptions options_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<Reader> reader_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<LogFollower> follower_ ABSL_GUARDED_BY(mutex_);
  bool decided_ ABSL_GUARDED_BY(mutex_) = false;   // Watch or Fail has come
  bool canceled_ ABSL_GUARDED_BY(mutex_) = false;  // by the client
  bool first_ ABSL_GUARDED_BY(mutex_) = true;
  bool at_end_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::optional<std::chrono::steady_clock::time_point> last_write_ ABSL_GUARDED_BY(mutex_);
  size_t last_write_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool behind_ ABSL_GUARDED_BY(mutex_) = false;     // there was more to read than one batch
  bool lingering_ ABSL_GUARDED_BY(mutex_) = false;  // until the alarm, or until there is much
  bool alarm_set_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Alarm alarm_ ABSL_GUARDED_BY(mutex_);
  bool idle_set_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Alarm idle_ ABSL_GUARDED_BY(mutex_);          // keep_alive after the last write
  grpc::ByteBuffer message_ ABSL_GUARDED_BY(mutex_);  // being written
};

}  // namespace muster::service

#endif  // SERVICE_WATCH_WATCH_REACTOR_H_
