// Everything that musterd consists of, put together.
#ifndef SERVICE_DAEMON_DAEMON_H_
#define SERVICE_DAEMON_DAEMON_H_

#include <grpcpp/server.h>
#include <sys/stat.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/access/authorizer.h"
#include "service/access/config.h"
#include "service/api/artifact_service.h"
#include "service/api/call_gate.h"
#include "service/api/run_service.h"
#include "service/api/server_service.h"
#include "service/api/target_service.h"
#include "service/artifacts/artifact_store.h"
#include "service/daemon/daemon_options.h"
#include "service/journal/journal_thread.h"
#include "service/listen/acceptor.h"
#include "service/listen/listening_socket.h"
#include "service/log/tail_memory.h"
#include "service/prepare/file_cache.h"
#include "service/prepare/run_preparer.h"
#include "service/runs/activity.h"
#include "service/runs/host_locks.h"
#include "service/runs/retention.h"
#include "service/runs/run_starter.h"
#include "service/runs/runs.h"
#include "service/store/run_store.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/engine.h"

namespace muster::service {

// Serves from Start until Stop. Used from one thread.
class Daemon {
 public:
  // What cannot be served is an error that says what to do about it.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(const DaemonOptions& options);
  // Stops first.
  ~Daemon();

  // Takes no more calls, ends every run honestly, lets watchers read to the end of theirs (for some
  // seconds), and ends. Harmless when repeated.
  void Stop();

  // What it listens on.
  std::vector<std::string> addresses() const;
  absl::Duration IdleFor() const { return activity_.IdleFor(Activity::Clock::now()); }

 private:
  explicit Daemon(const DaemonOptions& options);
  absl::Status LoadPolicy();
  absl::Status Listen();
  absl::Status LinkSocket();
  // Whether its state folder is still the one whose lock it holds. Thread-safe.
  absl::Status OwnsFolder() const;
  absl::Status OpenStore();
  absl::Status OpenArtifacts();
  absl::Status StartRuns();
  v1::ServerLimits Limits() const;
  absl::Status StartServer();
  void StopRuns();
  // From the journal, until the engine goes.
  void SetReading(bool reading);
  void OnRunOver(const Run& run);
  void ForgetOld();

  const DaemonOptions options_;
  Activity activity_;
  Config config_;
  std::unique_ptr<Authorizer> authorizer_;
  FileCache files_;
  std::unique_ptr<HelperPool> helpers_;
  std::unique_ptr<ArtifactStore> artifacts_;
  std::unique_ptr<RunStore> store_;
  struct stat lock_file_ = {};  // the state folder's lock; constant once the store is open
  TailMemory tails_;
  HostLocks locks_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<JournalThread> journal_;
  std::unique_ptr<Runs> runs_;
  std::atomic<bool> forgetting_{false};
  bool stopped_ = false;
  Mutex reading_mutex_;
  engine::Engine* reading_ ABSL_GUARDED_BY(reading_mutex_) = nullptr;
  const RetentionClock retention_clock_;
  std::unique_ptr<RunPreparer> preparer_;
  std::unique_ptr<RunStarter> starter_;
  std::unique_ptr<CallGate> gate_;
  std::unique_ptr<RunService> run_service_;
  std::unique_ptr<TargetService> target_service_;
  std::unique_ptr<ArtifactService> artifact_service_;
  std::unique_ptr<ServerService> server_info_;
  std::vector<std::unique_ptr<ListeningSocket>> sockets_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace muster::service

#endif  // SERVICE_DAEMON_DAEMON_H_
