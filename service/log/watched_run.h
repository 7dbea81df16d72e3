// What a watcher needs of a run.
#ifndef SERVICE_LOG_WATCHED_RUN_H_
#define SERVICE_LOG_WATCHED_RUN_H_

#include <memory>
#include <string>
#include <utility>

#include "muster/v1/run.pb.h"
#include "service/log/run_log.h"

namespace muster::service {

// Thread-safe. Watchers share it, and keep it alive.
class WatchedRun {
 public:
  virtual ~WatchedRun() = default;
  virtual const std::string& id() const = 0;
  virtual v1::Run Snapshot() const = 0;
  // Null: it has ended and is in the store only.
  virtual std::shared_ptr<RunLog> log() const = 0;
  // Its creator begins to watch it, and stops: once for each call, in pairs
  // (RunSpec.cancel_after_disconnect).
  virtual void OnCreatorCame() = 0;
  virtual void OnCreatorLeft() = 0;
};

// A run that has ended and is in the store only.
class StoredRun final : public WatchedRun {
 public:
  explicit StoredRun(v1::Run run) : run_(std::move(run)) {}
  const std::string& id() const override { return run_.id(); }
  v1::Run Snapshot() const override { return run_; }
  std::shared_ptr<RunLog> log() const override { return nullptr; }
  void OnCreatorCame() override {}
  void OnCreatorLeft() override {}

 private:
  const v1::Run run_;
};

}  // namespace muster::service

#endif  // SERVICE_LOG_WATCHED_RUN_H_
