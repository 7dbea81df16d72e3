// Streams a run's log to one client.
#ifndef SERVICE_WATCH_REACTOR_H_
#define SERVICE_WATCH_REACTOR_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/run.h"
#include "service/run_log.h"
#include "ssh_engine/mutex.h"

namespace muster::service {

// A stream of encoded batches, for WatchRun and RunCommand alike: they are the same on the wire.
// One write is in flight at a time, and they begin forty milliseconds apart unless there is much to
// send or the run has ended; what a slow client has not read stays in the log. gRPC owns it:
// it deletes itself once the call is over. Its methods may come from any thread.
class WatchReactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  // `on_done` is called once, when the call is over for whatever reason.
  explicit WatchReactor(absl::AnyInvocable<void()> on_done);

  // Either Watch or Fail must be called once: until then the reactor stays, even if the client
  // goes. Watch streams what follows after `after`; with `cancel_on_disconnect` a run that is not
  // over when the call is, is canceled.
  void Watch(std::shared_ptr<Run> run, uint64_t after, bool cancel_on_disconnect);
  void Fail(const absl::Status& status);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // Outlives the reactor for as long as the log keeps it.
  class Reader;

  // Reads on, and starts a write or waits for the log to grow.
  void Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnGrown();
  void OnAlarm();
  // Whether to wait a little for more, so that a busy run is not sent event by event.
  bool Linger() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishOnce(const grpc::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::AnyInvocable<void()> on_done_;

  // Held while gRPC's Start... are called, which never call back at once. Taken before the run's.
  Mutex mutex_;
  std::shared_ptr<Run> run_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<Reader> reader_ ABSL_GUARDED_BY(mutex_);
  uint64_t sequence_ ABSL_GUARDED_BY(mutex_) = 0;  // of the last event that was written
  bool cancel_on_disconnect_ ABSL_GUARDED_BY(mutex_) = false;
  bool decided_ ABSL_GUARDED_BY(mutex_) = false;   // Watch or Fail has come
  bool canceled_ ABSL_GUARDED_BY(mutex_) = false;  // by the client
  bool first_ ABSL_GUARDED_BY(mutex_) = true;
  bool at_end_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time last_write_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool behind_ ABSL_GUARDED_BY(mutex_) = false;     // there was more to read than one batch
  bool lingering_ ABSL_GUARDED_BY(mutex_) = false;  // until the alarm, or until there is much
  bool alarm_set_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Alarm alarm_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer message_ ABSL_GUARDED_BY(mutex_);  // being written
};

}  // namespace muster::service

#endif  // SERVICE_WATCH_REACTOR_H_
