#include "ssh_engine/net/system_lookup.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <set>
#include <vector>

#include "absl/algorithm/container.h"
#include "ssh_engine/base/mutex.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {
namespace {

using Failure = NameAnswer::Failure;

// In the place of getaddrinfo: a name has an address once the test lets it go.
class Gates {
 public:
  NameAnswer Call(const std::string& name) {
    MutexLock lock(&mutex_);
    begun_.insert(name);
    changed_.notify_all();
    while (open_.count(name) == 0) lock.Wait(&changed_);
    ended_.insert(name);
    changed_.notify_all();
    return {Failure::kNone, {*Address::Parse("192.0.2.1")}, ""};
  }
  void Open(const std::string& name) {
    MutexLock lock(&mutex_);
    open_.insert(name);
    changed_.notify_all();
  }
  void AwaitBegin(const std::string& name) { Await(begun_, name); }
  void AwaitEnd(const std::string& name) { Await(ended_, name); }
  size_t begun() {
    MutexLock lock(&mutex_);
    return begun_.size();
  }

 private:
  void Await(const std::multiset<std::string>& in, const std::string& name) {
    MutexLock lock(&mutex_);
    while (in.count(name) == 0) lock.Wait(&changed_);
  }

  Mutex mutex_;
  std::condition_variable changed_;
  std::multiset<std::string> begun_;
  std::multiset<std::string> ended_;
  std::multiset<std::string> open_;
};

class SystemLookupTest : public testing::Test {
 protected:
  using RequestPtr = std::unique_ptr<SystemLookup::Request>;

  void Make(SystemLookup::Limits limits) {
    lookup_ = std::make_unique<SystemLookup>(
        [gates = gates_](const std::string& name) { return gates->Call(name); }, limits);
  }
  RequestPtr Ask(const std::string& name) {
    return lookup_->Ask(&loop_, name, [this, name](NameAnswer answer) {
      answers_.push_back(name);
      last_ = std::move(answer);
    });
  }

  SimulatedLoop loop_;
  const std::shared_ptr<Gates> gates_ = std::make_shared<Gates>();  // threads may outlive the test
  std::vector<std::string> answers_;
  NameAnswer last_;
  std::unique_ptr<SystemLookup> lookup_;
};

TEST_F(SystemLookupTest, AnswersFromTheLoop) {
  Make({});
  const RequestPtr request = Ask("web1");
  gates_->Open("web1");
  loop_.RunPosted();
  EXPECT_EQ(answers_, std::vector<std::string>{"web1"});
  ASSERT_EQ(last_.addresses.size(), 1u);
  EXPECT_EQ(last_.addresses[0].ToString(), "192.0.2.1:0");
}

TEST_F(SystemLookupTest, OthersWaitForAThread) {
  Make({1, 64});
  const RequestPtr first = Ask("web1"), second = Ask("web2");
  gates_->AwaitBegin("web1");
  gates_->Open("web2");
  EXPECT_EQ(gates_->begun(), 1u);
  gates_->Open("web1");
  while (answers_.size() < 2) loop_.RunPosted();
  EXPECT_EQ(answers_, (std::vector<std::string>{"web1", "web2"}));
}

TEST_F(SystemLookupTest, OneThatHangsHoldsUpNoOtherAndIsHeardOfNoMore) {
  Make({2, 64});
  RequestPtr hangs = Ask("hangs");
  const RequestPtr next = Ask("web1");
  gates_->AwaitBegin("hangs");
  gates_->Open("web1");
  loop_.RunPosted();
  EXPECT_EQ(answers_, std::vector<std::string>{"web1"});
  hangs.reset();
  gates_->Open("hangs");
  gates_->AwaitEnd("hangs");
  const RequestPtr after = Ask("web1");
  loop_.RunPosted();
  EXPECT_EQ(answers_, (std::vector<std::string>{"web1", "web1"}));
}

TEST_F(SystemLookupTest, OneThatWaitedAndWasGivenUpIsNotAsked) {
  Make({1, 64});
  const RequestPtr first = Ask("web1");
  RequestPtr second = Ask("web2");
  gates_->AwaitBegin("web1");
  second.reset();
  const RequestPtr third = Ask("web3");
  for (const char* name : {"web1", "web3"}) gates_->Open(name);
  while (answers_.size() < 2) loop_.RunPosted();
  EXPECT_EQ(gates_->begun(), 2u);
}

TEST_F(SystemLookupTest, AnAnswerOnItsWayIsDroppedWithTheRequest) {
  Make({});
  RequestPtr request = Ask("web1");
  gates_->Open("web1");
  const RequestPtr other = Ask("web2");
  gates_->AwaitEnd("web1");
  request.reset();
  gates_->Open("web2");
  while (answers_.empty()) loop_.RunPosted();
  EXPECT_EQ(answers_, std::vector<std::string>{"web2"});
}

TEST_F(SystemLookupTest, WhereAllHangOthersFailAtOnce) {
  Make({2, 64});
  RequestPtr hang1 = Ask("hang1"), hang2 = Ask("hang2");
  for (const char* name : {"hang1", "hang2"}) gates_->AwaitBegin(name);
  const RequestPtr waits = Ask("waits");
  hang1.reset();
  loop_.Run();
  EXPECT_TRUE(answers_.empty()) << "the other may come back";
  hang2.reset();
  loop_.Run();
  EXPECT_EQ(answers_, std::vector<std::string>{"waits"});
  EXPECT_EQ(last_.failure, Failure::kSystemFailed);
  EXPECT_NE(last_.detail.find("2 look-ups hang"), std::string::npos) << last_.detail;
  const RequestPtr refused = Ask("refused");
  loop_.Run();
  EXPECT_EQ(answers_.size(), 2u);
  for (const char* name : {"hang1", "hang2"}) gates_->Open(name);
  for (const char* name : {"hang1", "hang2"}) gates_->AwaitEnd(name);
}

TEST_F(SystemLookupTest, NoMoreWaitThanMay) {
  Make({1, 1});
  const RequestPtr first = Ask("web1");
  gates_->AwaitBegin("web1");
  const RequestPtr second = Ask("web2"), third = Ask("web3");
  loop_.Run();
  EXPECT_EQ(answers_, std::vector<std::string>{"web3"});
  EXPECT_EQ(last_.failure, Failure::kSystemFailed);
  for (const char* name : {"web1", "web2"}) gates_->Open(name);
  while (answers_.size() < 3) loop_.RunPosted();
}

TEST_F(SystemLookupTest, ItsEndWaitsForNoneThatHangs) {
  Make({1, 64});
  RequestPtr request = Ask("hangs"), waits = Ask("web1");
  gates_->AwaitBegin("hangs");
  request.reset();
  waits.reset();
  lookup_.reset();
  gates_->Open("hangs");
  gates_->AwaitEnd("hangs");
  EXPECT_TRUE(answers_.empty());
}

TEST(SystemLookupOfTheSystemTest, KnowsWhatTheHostsFileHas) {
  SimulatedLoop loop;
  SystemLookup lookup;
  NameAnswer found, missing;
  int answers = 0;
  const auto take = [&answers](NameAnswer* to) {
    return [&answers, to](NameAnswer answer) {
      *to = std::move(answer);
      ++answers;
    };
  };
  const auto one = lookup.Ask(&loop, "localhost", take(&found));
  const auto two = lookup.Ask(&loop, "no..name", take(&missing));
  while (answers < 2) loop.RunPosted();
  ASSERT_EQ(found.failure, Failure::kNone) << found.detail;
  EXPECT_TRUE(absl::c_any_of(found.addresses, [](const Address& address) {
    return address.ToString() == "127.0.0.1:0" || address.ToString() == "[::1]:0";
  }));
  EXPECT_NE(missing.failure, Failure::kNone);
}

}  // namespace
}  // namespace muster::engine
