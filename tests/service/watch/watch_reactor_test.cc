// Watching over gRPC: from the store and from memory.
#include "service/watch/watch_reactor.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <random>
#include <thread>

#include "muster/v1/run_service.grpc.pb.h"
#include "service/journal/journal_thread.h"
#include "service/store/memory_run_store.h"
#include "service/watch/watch_views.h"

namespace muster::service {
namespace {

constexpr size_t kTail = 16 << 10;
constexpr uint32_t kHosts = 7;

class FakeRun final : public WatchedRun {
 public:
  explicit FakeRun(std::shared_ptr<RunLog> log) : log_(std::move(log)) {}
  const std::string& id() const override { return log_->run_id(); }
  v1::Run Snapshot() const override {
    v1::Run run;
    run.set_id(id());
    run.set_last_sequence(log_->last_sequence());
    return run;
  }
  std::shared_ptr<RunLog> log() const override { return log_; }
  void OnCreatorCame() override { came.set_value(); }
  void OnCreatorLeft() override { left.set_value(); }

  std::promise<void> came;
  std::promise<void> left;

 private:
  const std::shared_ptr<RunLog> log_;
};

// Serves one run.
class WatchService final
    : public v1::RunService::WithRawCallbackMethod_WatchRun<v1::RunService::Service> {
 public:
  explicit WatchService(LogSource source) : source_(source) {}
  void Set(std::shared_ptr<WatchedRun> run) { run_ = std::move(run); }
  bool by_creator = false;
  absl::Duration keep_alive = absl::Hours(1);

  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchRun(grpc::CallbackServerContext*,
                                                       const grpc::ByteBuffer* bytes) override {
    grpc::ByteBuffer copy(*bytes);
    grpc::ProtoBufferReader reader(&copy);
    v1::WatchRunRequest request;
    EXPECT_TRUE(request.ParseFromZeroCopyStream(&reader));
    WatchOptions options;
    options.after = request.after_sequence();
    options.by_creator = by_creator;
    options.keep_alive = keep_alive;
    options.view = NewEventView(request, &texts_);
    auto* reactor = new WatchReactor([] {});
    reactor->Watch(run_, source_, std::move(options));
    return reactor;
  }

 private:
  const LogSource source_;
  std::shared_ptr<WatchedRun> run_;
  TextBudget texts_{FoldedView::kTextBudgetBytes};
};

uint64_t Mix(uint64_t hash, const v1::Event& event) {
  for (const char c : event.output().data())
    hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211;
  return hash * 31 + event.sequence();
}

// Counts down.
class Latch {
 public:
  explicit Latch(int count) : count_(count) {}
  void CountDown() {
    MutexLock lock(&mutex_);
    if (--count_ == 0) zero_.notify_all();
  }
  void Wait() {
    MutexLock lock(&mutex_);
    while (count_ > 0) lock.Wait(&zero_);
  }

 private:
  Mutex mutex_;
  std::condition_variable zero_;
  int count_ ABSL_GUARDED_BY(mutex_);
};

// Reads to the end and keeps a hash of what came.
class Watcher final : public grpc::ClientReadReactor<v1::WatchRunResponse> {
 public:
  Watcher(v1::RunService::Stub* stub, uint64_t after, Latch* latch)
      : after_(after), next_(after), latch_(latch) {
    request_.set_after_sequence(after);
    stub->async()->WatchRun(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    for (const v1::Event& event : response_.events()) {
      gapless_ = gapless_ && event.sequence() == ++next_;
      hash_ = Mix(hash_, event);
    }
    StartRead(&response_);
  }
  void OnDone(const grpc::Status& status) override {
    status_ = status;
    latch_->CountDown();
  }

  uint64_t after_;
  uint64_t next_;
  uint64_t hash_ = 1;
  bool gapless_ = true;
  grpc::Status status_;

 private:
  Latch* const latch_;
  grpc::ClientContext context_;
  v1::WatchRunRequest request_;
  v1::WatchRunResponse response_;
};

class WatchReactorTest : public ::testing::Test {
 protected:
  WatchReactorTest() {
    service_.Set(run_);
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::RunService::NewStub(server_->InProcessChannel({}));
    std::promise<absl::Status> added;
    NewRun run;
    run.run.set_id("run");
    journal()->AddRun(run, log_, Lines(1), absl::UnixEpoch(),
                      [&](absl::Status status) { added.set_value(std::move(status)); });
    EXPECT_TRUE(added.get_future().get().ok());
  }
  ~WatchReactorTest() override {
    server_->Shutdown();
    server_->Wait();
  }

  Journal* journal() { return thread_.journal(); }

  EventBlock Lines(int count) {
    EventBlock block;
    for (int i = 0; i < count; ++i) {
      const uint32_t number = written_++;
      block.AddOutput(number % kHosts, v1::OUTPUT_STREAM_STDOUT,
                      std::to_string(number) + std::string(number % 100, 'x') + "\n", false, false);
    }
    return block;
  }
  void Write(int blocks) {
    std::mt19937 random(3);
    for (int i = 0; i < blocks; ++i) {
      journal()->Append(log_, Lines(1 + random() % 5), absl::UnixEpoch());
      if (random() % 8 == 0) Flush();
    }
  }
  // Until it is in the store.
  void Flush() {
    std::promise<void> done;
    journal()->Start(log_, {1}, absl::ZeroDuration(), [&](absl::Status) { done.set_value(); });
    done.get_future().wait();
  }
  void End() {
    std::promise<void> done;
    EndedRun ended;
    ended.run.set_id("run");
    journal()->End(ended, log_, Lines(1), absl::UnixEpoch(),
                   [&](absl::Status) { done.set_value(); });
    done.get_future().wait();
  }
  std::vector<v1::Event> Stored() {
    v1::WatchRunResponse all;
    EXPECT_TRUE(all.ParseFromString(store_.Read("run", 0, SIZE_MAX)->bytes));
    return {all.events().begin(), all.events().end()};
  }
  // Reads to the end.
  grpc::Status Watch(v1::WatchRunRequest request, std::vector<v1::WatchRunResponse>* responses) {
    grpc::ClientContext context;
    const auto stream = stub_->WatchRun(&context, request);
    v1::WatchRunResponse response;
    while (stream->Read(&response)) responses->push_back(response);
    return stream->Finish();
  }
  void ExpectSuffix(const Watcher& watcher, const std::vector<v1::Event>& stored) {
    EXPECT_TRUE(watcher.status_.ok()) << watcher.status_.error_message();
    EXPECT_TRUE(watcher.gapless_);
    EXPECT_EQ(watcher.next_, stored.size());
    uint64_t hash = 1;
    for (size_t i = watcher.after_; i < stored.size(); ++i) hash = Mix(hash, stored[i]);
    EXPECT_EQ(watcher.hash_, hash);
  }

  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  MemoryRunStore store_{disk_};
  TailMemory tails_{1 << 20};
  HelperPool helpers_{2};
  const std::shared_ptr<RunLog> log_ = std::make_shared<RunLog>("run", &tails_, kTail);
  const std::shared_ptr<FakeRun> run_ = std::make_shared<FakeRun>(log_);
  WatchService service_{{&store_, &helpers_}};
  std::atomic<uint32_t> written_{0};
  JournalThread thread_{&store_, &tails_, {}};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::RunService::Stub> stub_;
};

TEST_F(WatchReactorTest, AThousandLateWatchersGetTheStoredStream) {
  constexpr int kWatchers = 1000;
  Write(500);
  Flush();
  std::mt19937 random(11);
  Latch latch(kWatchers);
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < kWatchers; ++i) {
    const uint64_t after = random() % (log_->last_sequence() + 1);
    watchers.push_back(std::make_unique<Watcher>(stub_.get(), after, &latch));
    if (i % 10 == 0) Write(3);
  }
  Write(200);
  End();
  latch.Wait();
  const std::vector<v1::Event> stored = Stored();
  EXPECT_EQ(stored.size(), written_);
  for (const auto& watcher : watchers) ExpectSuffix(*watcher, stored);
}

TEST_F(WatchReactorTest, AHundredReconnectsMakeOneStream) {
  std::thread writer([this] {
    Write(2000);
    End();
  });
  std::mt19937 random(5);
  v1::WatchRunRequest request;
  uint64_t next = 0;
  for (int i = 0; i <= 100; ++i) {
    grpc::ClientContext context;
    const auto stream = stub_->WatchRun(&context, request);
    v1::WatchRunResponse response;
    const int messages = i == 100 ? INT_MAX : 1 + static_cast<int>(random() % 2);
    for (int message = 0; message < messages && stream->Read(&response); ++message) {
      for (const v1::Event& event : response.events()) ASSERT_EQ(event.sequence(), ++next);
    }
    context.TryCancel();
    (void)stream->Finish();
    request.set_after_sequence(next);
  }
  writer.join();
  EXPECT_EQ(next, log_->last_sequence());
}

TEST_F(WatchReactorTest, AnEndedRunIsReadFromTheStoreAlone) {
  Write(500);
  End();
  v1::Run ended;
  ended.set_id("run");
  ended.set_state(v1::RUN_STATE_SUCCEEDED);
  service_.Set(std::make_shared<StoredRun>(ended));
  std::vector<v1::WatchRunResponse> responses;
  ASSERT_TRUE(Watch({}, &responses).ok());
  uint64_t next = 0;
  for (const v1::WatchRunResponse& response : responses) {
    for (const v1::Event& event : response.events()) ASSERT_EQ(event.sequence(), ++next);
  }
  EXPECT_EQ(next, written_);
  EXPECT_EQ(responses.front().run().state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(responses.back().run().state(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(WatchReactorTest, DamageEndsTheStream) {
  Write(500);
  End();
  disk_->Damage("run", 100);
  std::vector<v1::WatchRunResponse> responses;
  EXPECT_EQ(Watch({}, &responses).error_code(), grpc::StatusCode::DATA_LOSS);
  v1::WatchRunRequest tail;
  tail.set_after_sequence(log_->last_sequence() - 1);
  EXPECT_TRUE(Watch(tail, &responses).ok());
}

TEST_F(WatchReactorTest, AFilterTellsWhereToGoOn) {
  Write(500);
  End();
  v1::WatchRunRequest request;
  request.add_host_indexes(3);
  std::vector<v1::WatchRunResponse> responses;
  ASSERT_TRUE(Watch(request, &responses).ok());
  uint32_t events = 0;
  uint64_t last = 0;
  for (const v1::WatchRunResponse& response : responses) {
    for (const v1::Event& event : response.events()) {
      EXPECT_EQ(event.output().host_index(), 3u);
      ++events;
    }
    EXPECT_GE(response.last_sequence(), last);
    last = response.last_sequence();
  }
  EXPECT_EQ(events, (written_ - 3 + kHosts - 1) / kHosts);
  EXPECT_EQ(last, log_->last_sequence());
}

TEST_F(WatchReactorTest, ASummaryHasTheRunInEachMessageAndNoEvents) {
  Write(500);
  std::thread writer([this] { End(); });
  v1::WatchRunRequest request;
  request.set_view(v1::WATCH_VIEW_SUMMARY);
  std::vector<v1::WatchRunResponse> responses;
  ASSERT_TRUE(Watch(request, &responses).ok());
  writer.join();
  for (const v1::WatchRunResponse& response : responses) {
    EXPECT_TRUE(response.has_run());
    EXPECT_TRUE(response.events().empty());
  }
  EXPECT_EQ(responses.back().run().last_sequence(), log_->last_sequence());
}

// It has one message under way, whatever is written meanwhile, and hinders nobody.
TEST_F(WatchReactorTest, WhoNeverReadsHindersNobody) {
  grpc::ClientContext context;
  const auto idle = stub_->WatchRun(&context, {});
  Write(3000);
  End();
  std::vector<v1::WatchRunResponse> responses;
  ASSERT_TRUE(Watch({}, &responses).ok());
  int events = 0;
  for (const v1::WatchRunResponse& response : responses) events += response.events_size();
  EXPECT_EQ(events, static_cast<int>(written_));
  EXPECT_LE(log_->tail_bytes(), kTail);
  context.TryCancel();
  (void)idle->Finish();
}

TEST_F(WatchReactorTest, AnIdleWatchTellsWhereItStands) {
  service_.keep_alive = absl::Milliseconds(5);
  grpc::ClientContext context;
  const auto stream = stub_->WatchRun(&context, {});
  v1::WatchRunResponse response;
  for (int messages = 0; messages < 4; ++messages) ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.last_sequence(), log_->last_sequence());
  EXPECT_FALSE(response.has_run());
  context.TryCancel();
  (void)stream->Finish();
}

TEST_F(WatchReactorTest, TellsWhenTheCreatorComesAndGoes) {
  service_.by_creator = true;
  grpc::ClientContext context;
  const auto stream = stub_->WatchRun(&context, {});
  v1::WatchRunResponse response;
  ASSERT_TRUE(stream->Read(&response));
  run_->came.get_future().wait();
  context.TryCancel();
  (void)stream->Finish();
  run_->left.get_future().wait();
}

}  // namespace
}  // namespace muster::service
