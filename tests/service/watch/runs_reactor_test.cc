// Watching all runs over gRPC.
#include "service/watch/runs_reactor.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>

#include "muster/v1/run_service.grpc.pb.h"

namespace muster::service {
namespace {

using Changes = absl::StatusOr<std::vector<v1::Run>>;

// Plays what happens, one step each time that it is asked.
class RunsService final
    : public v1::RunService::WithRawCallbackMethod_WatchRuns<v1::RunService::Service> {
 public:
  std::function<Changes(int asked)> changes;
  absl::Duration interval = absl::ZeroDuration();
  absl::Duration keep_alive = absl::Hours(1);
  std::promise<void> done;

  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchRuns(grpc::CallbackServerContext*,
                                                        const grpc::ByteBuffer*) override {
    auto* const reactor = new RunsReactor([this] { done.set_value(); });
    RunsWatchOptions options;
    options.changes = [this, asked = 0]() mutable { return changes(asked++); };
    options.interval = interval;
    options.keep_alive = keep_alive;
    reactor->Watch(std::move(options));
    return reactor;
  }
};

std::vector<v1::Run> RunsNamed(const std::vector<std::string>& ids) {
  std::vector<v1::Run> runs;
  for (const std::string& id : ids) runs.emplace_back().set_id(id);
  return runs;
}

Changes End() { return absl::UnavailableError("the end"); }

class RunsReactorTest : public ::testing::Test {
 protected:
  // The ids of each message, and then the status.
  std::vector<std::vector<std::string>> WatchToEnd() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    const auto stub = v1::RunService::NewStub(server->InProcessChannel({}));
    grpc::ClientContext context;
    const auto reader = stub->WatchRuns(&context, {});
    std::vector<std::vector<std::string>> messages;
    v1::WatchRunsResponse message;
    while (messages.size() < give_up_after_ && reader->Read(&message)) {
      std::vector<std::string>& ids = messages.emplace_back();
      for (const v1::Run& run : message.runs()) ids.push_back(run.id().substr(0, 8));
    }
    if (messages.size() == give_up_after_) context.TryCancel();
    status_ = reader->Finish();
    service_.done.get_future().wait();
    return messages;
  }

  RunsService service_;
  size_t give_up_after_ = SIZE_MAX;
  grpc::Status status_;
};

using Messages = std::vector<std::vector<std::string>>;

TEST_F(RunsReactorTest, TheFirstMessageComesEvenWithNoneThenOnlyChanges) {
  service_.changes = [](int asked) -> Changes {
    if (asked == 3) return RunsNamed({"a", "b"});
    return asked < 6 ? Changes(RunsNamed({})) : End();
  };
  EXPECT_EQ(WatchToEnd(), (Messages{{}, {"a", "b"}}));
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status_.error_message(), "the end");
}

TEST_F(RunsReactorTest, SilenceIsBrokenByEmptyMessages) {
  service_.keep_alive = absl::ZeroDuration();
  service_.changes = [](int asked) { return asked < 4 ? Changes(RunsNamed({})) : End(); };
  EXPECT_EQ(WatchToEnd(), Messages(4));
}

TEST_F(RunsReactorTest, AMessageHasAMebibyteAtMost) {
  service_.changes = [](int asked) -> Changes {
    if (asked > 0) return End();
    return RunsNamed({std::string(600'000, 'a'), std::string(300'000, 'b'),
                      std::string(300'000, 'c'), std::string(2'000'000, 'd'), "e"});
  };
  EXPECT_EQ(WatchToEnd(), (Messages{{"aaaaaaaa", "bbbbbbbb"}, {"cccccccc"}, {"dddddddd"}, {"e"}}));
}

TEST_F(RunsReactorTest, ACallerWhoLeavesEndsIt) {
  service_.interval = absl::Hours(1);
  service_.changes = [](int) { return Changes(RunsNamed({"a"})); };
  give_up_after_ = 1;
  EXPECT_EQ(WatchToEnd(), Messages{{"a"}});
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace muster::service
