// Streams what becomes of all runs to one client.
#ifndef SERVICE_WATCH_RUNS_REACTOR_H_
#define SERVICE_WATCH_RUNS_REACTOR_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <deque>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "muster/v1/run.pb.h"
#include "service/watch/back_link.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// What the stream is made of.
struct RunsWatchOptions {
  // The runs that are new or have changed since the last call; an error ends the stream. Called
  // from one thread at a time, never again once the call is over. Must not block.
  absl::AnyInvocable<absl::StatusOr<std::vector<v1::Run>>()> changes;
  // Between two calls of it.
  absl::Duration interval = absl::Seconds(1);
  // After so long without a message there is an empty one: networks and proxies forget connections
  // that are silent.
  absl::Duration keep_alive = absl::Seconds(15);
};

// WatchRuns. Asks for changes only once all that it was told of before has been written, one
// message at a time: who reads slowly is told of the newest state, and of fewer. gRPC owns it: it
// deletes itself once the call is over. Its methods may come from any thread.
class RunsReactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  // `on_done` is called once, when the call is over for whatever reason.
  explicit RunsReactor(absl::AnyInvocable<void()> on_done);

  // Either Watch or Fail must be called once: until then the reactor stays, even if the client
  // goes.
  void Watch(RunsWatchOptions options);
  void Fail(const absl::Status& status);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  using Clock = std::chrono::steady_clock;

  void OnAlarm();
  void Ask() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Some 1 MiB of what is to be told.
  void Write() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Until the next call of changes; at once where it is time.
  void Await() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishOnce(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::AnyInvocable<void()> on_done_;
  const std::shared_ptr<BackLink<RunsReactor>> link_;

  // Held while gRPC's Start... are called, which never call back at once. Taken before the runs'.
  Mutex mutex_;
  RunsWatchOptions options_ ABSL_GUARDED_BY(mutex_);
  bool decided_ ABSL_GUARDED_BY(mutex_) = false;   // Watch or Fail has come
  bool canceled_ ABSL_GUARDED_BY(mutex_) = false;  // by the client
  bool first_ ABSL_GUARDED_BY(mutex_) = true;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  Clock::time_point asked_ ABSL_GUARDED_BY(mutex_);
  Clock::time_point written_ ABSL_GUARDED_BY(mutex_);
  std::deque<v1::Run> untold_ ABSL_GUARDED_BY(mutex_);
  grpc::Alarm alarm_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer message_ ABSL_GUARDED_BY(mutex_);  // being written
};

}  // namespace muster::service

#endif  // SERVICE_WATCH_RUNS_REACTOR_H_
