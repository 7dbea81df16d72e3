// Power is lost at every write, sync and removal of random histories: nothing that was promised to
// be durable is missing afterwards, and nothing else is made up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "service/store/sqlite/sqlite_run_store.h"
#include "tests/service/store/segments/losing_files.h"
#include "tests/service/store/store_samples.h"

namespace muster::service {
namespace {

// What has been promised of a run, or may be there besides.
struct Promise {
  std::set<uint32_t> started;
  uint64_t synced = 0;    // of the log, at least
  uint64_t appended = 0;  // at most
  bool ended = false;
  std::string log;  // all that was appended
};
using Promises = std::map<std::string, Promise>;

class History {
 public:
  explicit History(unsigned seed) : random_(seed) {
    options_.files = &files_;
    options_.sqlite_vfs = files_.sqlite_vfs();
    options_.segment_bytes = 3000;
    options_.min_free_bytes = 0;
  }

  // Takes random steps; the power is lost at the operation `crash` of the file system.
  void Run(int steps, size_t crash) {
    files_.on_operation = [this, crash](size_t operation) {
      if (operation == crash) LosePower();
    };
    store_ = *OpenRunStore(Folder(), options_);
    for (int i = 0; i < steps && !lost_; ++i) Step();
    if (!lost_) LosePower();
    store_.reset();
  }

  void CheckWhatIsLeft() {
    RunStoreOptions options;
    options.segment_bytes = 3000;
    options.min_free_bytes = 0;
    const auto store = OpenRunStore(After(), options);
    ASSERT_TRUE(store.ok()) << store.status();
    std::map<std::string, UnfinishedRun> unfinished;
    const auto runs = (*store)->Unfinished();
    ASSERT_TRUE(runs.ok()) << runs.status();
    for (const UnfinishedRun& run : *runs) unfinished[run.run.id()] = run;
    for (const auto& [id, promise] : promised_) Check(**store, id, promise, unfinished);
  }

 private:
  std::string Folder() const { return folder_.path() + "/before"; }
  std::string After() const { return folder_.path() + "/after"; }
  uint32_t Any(uint32_t below) { return random_() % below; }

  void LosePower() {
    lost_ = true;
    files_.on_operation = nullptr;
    promised_ = promises_;
    std::filesystem::create_directories(After());
    files_.Restore(Folder(), After(), [this](size_t size) { return Any(size + 1); });
  }

  // A run that has not ended; empty: there is none.
  std::string AnyRun() {
    std::vector<std::string> ids;
    for (const auto& [id, promise] : promises_) {
      if (!promise.ended) ids.push_back(id);
    }
    return ids.empty() ? "" : ids[Any(ids.size())];
  }

  void Step() {
    if (Any(20) == 0) Reopen();
    const std::string id = AnyRun();
    const uint32_t kind = Any(10);
    if (id.empty() || kind == 0) {
      Add();
    } else if (kind <= 5) {
      Append(id);
    } else if (kind == 6) {
      ASSERT_TRUE(store_->Sync(store_->fence()).ok());
      for (auto& [run, promise] : promises_) promise.synced = promise.appended;
    } else if (kind <= 8) {
      const std::vector<uint32_t> hosts = {Any(1000), Any(1000)};
      ASSERT_TRUE(store_->Commit(store_->fence(), StartOf(id, hosts)).ok());
      promises_[id].started.insert(hosts.begin(), hosts.end());
    } else {
      End(id);
    }
  }

  // The daemon was killed, and the next one starts.
  void Reopen() {
    store_.reset();
    auto store = OpenRunStore(Folder(), options_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    for (auto& [run, promise] : promises_) promise.synced = promise.appended;
  }

  void Add() {
    const std::string id = "a" + std::to_string(++runs_);
    const SampleBlock sample(1, 2, 100);
    Promise promise;
    promise.log = sample.bytes;
    promise.synced = promise.appended = 2;
    ASSERT_TRUE(store_->Append(store_->fence(), id, {sample.block()}).ok());
    ASSERT_TRUE(store_->Commit(store_->fence(), AddOf(SampleRun(id))).ok());
    promises_[id] = promise;
  }

  void Append(const std::string& id) {
    Promise& promise = promises_[id];
    const SampleBlock sample(promise.appended + 1, 1 + Any(4), Any(600));
    promise.appended += sample.count;  // it may be there before the call returns
    promise.log += sample.bytes;
    ASSERT_TRUE(store_->Append(store_->fence(), id, {sample.block()}).ok());
  }

  void End(const std::string& id) {
    ASSERT_TRUE(store_->Commit(store_->fence(), EndOf(SampleEnd(id, 300))).ok());
    promises_[id].ended = true;
    promises_[id].synced = promises_[id].appended;
    if (Any(2) == 0) return;
    promises_.erase(id);  // from now on it may be gone
    ASSERT_TRUE(store_->Forget(store_->fence(), id).ok());
  }

  void Check(const RunStore& store, const std::string& id, const Promise& promise,
             const std::map<std::string, UnfinishedRun>& unfinished) {
    ASSERT_TRUE(store.Find(id)->has_value()) << id;
    const auto log = ReadAll(store, id);
    ASSERT_TRUE(log.ok()) << log.status();
    EXPECT_GE(Sequences(*log).size(), promise.synced);
    EXPECT_LE(Sequences(*log).size(), promise.appended);
    EXPECT_EQ(*log, promise.log.substr(0, log->size()));
    if (promise.ended) {
      EXPECT_EQ(store.Results(id, 0, 1000, {})->size(), 300u);
    }
    const auto found = unfinished.find(id);
    if (found == unfinished.end()) return;  // the end that was under way has got through
    EXPECT_FALSE(promise.ended);
    EXPECT_EQ(found->second.damage, "");
    for (const uint32_t host : promise.started) {
      EXPECT_THAT(found->second.started, ::testing::Contains(host));
    }
  }

  const TestFolder folder_;
  std::mt19937 random_;
  LosingFiles files_;
  RunStoreOptions options_;
  std::unique_ptr<RunStore> store_;
  int runs_ = 0;
  bool lost_ = false;
  Promises promises_;
  Promises promised_;  // when the power was lost
};

TEST(PowerLossTest, NothingPromisedIsMissing) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed);
    history.Run(/*steps=*/60, /*crash=*/20 + seed * 7919 % 400);
    history.CheckWhatIsLeft();
    if (::testing::Test::HasFailure()) return;
  }
}

// While the store is being made, and at every operation of one history.
TEST(PowerLossTest, AtEveryOperation) {
  for (size_t crash = 0; crash < 150; ++crash) {
    SCOPED_TRACE("operation " + std::to_string(crash));
    History history(4242);
    history.Run(/*steps=*/40, crash);
    history.CheckWhatIsLeft();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace muster::service
