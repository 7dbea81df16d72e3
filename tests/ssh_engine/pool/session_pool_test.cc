#include "ssh_engine/pool/session_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <deque>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/ssh_engine/fakes.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Readiness kReadable = {true, false, false};

class SessionPoolTest : public ::testing::Test {
 protected:
  // Somebody who wants a session.
  struct Customer {
    std::unique_ptr<SessionPool::Ticket> ticket;
    SessionPool::Grant grant;
    bool granted = false;
    bool trusting = true;
  };

  void MakePool(SessionLimits limits = SessionLimits()) {
    pool_ = std::make_unique<SessionPool>(&loop_, limits);
  }

  Customer* Ask(const std::string& address, const std::string& caller = "ann", bool fresh = false) {
    return AskFor({address, 22, "root", "key", ""}, caller, fresh);
  }
  Customer* AskFor(const SessionKey& key, const std::string& caller = "ann", bool fresh = false) {
    Customer* customer = &customers_.emplace_back();
    SessionPool::Request request;
    request.key = key;
    request.share = {caller, nullptr};
    request.fresh = fresh;
    request.trusts = [customer](Session&) { return customer->trusting; };
    request.on_grant = [this, customer, address = key.address](SessionPool::Grant grant) {
      customer->ticket.reset();
      customer->grant = std::move(grant);
      customer->granted = true;
      order_.push_back(address);
    };
    customer->ticket = pool_->Ask(std::move(request));
    return customer;
  }
  Customer* GetByProxy(const std::string& command, const std::string& address) {
    Customer* customer = AskFor({address, 22, "root", "key", "", command});
    loop_.Run();
    return customer;
  }
  Customer* GetByWayOf(const std::string& path, const std::string& address) {
    Customer* customer = AskFor({address, 22, "root", "key", path});
    loop_.Run();
    return customer;
  }
  Customer* Get(const std::string& address) {
    Customer* customer = Ask(address);
    loop_.Run();
    return customer;
  }
  // The customer makes a session in the place that he was given.
  void LogIn(Customer* customer, absl::Time expires = absl::InfiniteFuture()) {
    UniqueFd fd(eventfd(0, EFD_CLOEXEC));
    customer->grant.session = std::make_unique<Session>(
        &loop_, std::make_shared<FakeTransport>(std::move(fd), &server_), nullptr, expires);
    customer->grant.place->OnLoggedIn(true);
    loop_.Run();
  }
  void Return(Customer* customer) {
    pool_->Return(std::move(customer->grant.place), std::move(customer->grant.session));
    loop_.Run();
  }
  void Close(Customer* customer) {
    customer->grant = SessionPool::Grant();
    loop_.Run();
  }
  void Keep(const std::string& address, absl::Time expires = absl::InfiniteFuture()) {
    Customer* customer = Get(address);
    LogIn(customer, expires);
    Return(customer);
  }

  SimulatedLoop loop_;
  FakeServer server_;
  std::unique_ptr<SessionPool> pool_;
  std::deque<Customer> customers_;
  std::vector<std::string> order_;  // of grants
};

TEST_F(SessionPoolTest, NothingIsGrantedWithinAsk) {
  MakePool();
  Customer* customer = Ask("a");
  EXPECT_FALSE(customer->granted);
  loop_.Run();
  EXPECT_TRUE(customer->granted);
  EXPECT_EQ(customer->grant.session, nullptr);
}

TEST_F(SessionPoolTest, AnUnusedSessionIsGivenToTheNextWithTheSameKey) {
  MakePool();
  Keep("a");
  EXPECT_EQ(Get("b")->grant.session, nullptr);
  Customer* next = Get("a");
  EXPECT_NE(next->grant.session, nullptr);
  EXPECT_EQ(pool_->idle_sessions(), 0u);
  EXPECT_EQ(pool_->sessions(), 2u);
}

TEST_F(SessionPoolTest, NotByAnotherWay) {
  MakePool();
  Keep("a");
  EXPECT_EQ(GetByWayOf("gate", "a")->grant.session, nullptr);
  EXPECT_EQ(GetByWayOf("gate2", "a")->grant.session, nullptr);
}

TEST_F(SessionPoolTest, ASessionByWayOfAJumpHostTakesTwoDescriptors) {
  SessionLimits limits;
  limits.max_sessions = 3;
  MakePool(limits);
  GetByWayOf("gate", "a");
  Customer* second = GetByWayOf("gate", "b");
  EXPECT_TRUE(second->granted);
  EXPECT_EQ(pool_->sessions(), 4u);
  Customer* third = Get("c");
  EXPECT_FALSE(third->granted);
  Close(second);
  EXPECT_TRUE(third->granted);
}

TEST_F(SessionPoolTest, OneByWayOfAProcessTakesItsMemory) {
  SessionLimits limits;
  limits.max_sessions = 2 * SessionPool::kSessionsOfProcess;
  MakePool(limits);
  Customer* first = GetByProxy("nc a", "a");
  EXPECT_EQ(pool_->sessions(), SessionPool::kSessionsOfProcess);
  EXPECT_TRUE(GetByProxy("nc b", "b")->granted);
  Customer* third = Get("c");
  EXPECT_FALSE(third->granted);
  Close(first);
  EXPECT_TRUE(third->granted);
}

TEST_F(SessionPoolTest, NotByAnotherProcess) {
  MakePool();
  Customer* customer = GetByProxy("nc a", "a");
  LogIn(customer);
  Return(customer);
  EXPECT_EQ(GetByProxy("nc -4 a", "a")->grant.session, nullptr);
  EXPECT_EQ(Get("a")->grant.session, nullptr);
  EXPECT_NE(GetByProxy("nc a", "a")->grant.session, nullptr);
}

// Processes have nothing in common: those that hang hold up no others.
TEST_F(SessionPoolTest, HandshakesByProcessesWaitForEachOtherAsDirectOnesDo) {
  SessionLimits limits;
  limits.max_sessions = 100 * SessionPool::kSessionsOfProcess;
  MakePool(limits);
  for (int i = 0; i <= SessionPool::kMaxHandshakesOfWay; ++i) {
    const std::string host = absl::StrCat("h", i);
    ASSERT_TRUE(GetByProxy("nc " + host, host)->granted) << i;
    if (i % 2 == 0) loop_.Advance(HandshakeLimit::kMostPatience);
  }
}

TEST_F(SessionPoolTest, TheSameAddressByAnotherWayIsPacedByItself) {
  MakePool();
  for (int i = 0; i < SessionPool::kMaxSessionsOfHost; ++i) Get("a");
  EXPECT_FALSE(Get("a")->granted);
  EXPECT_TRUE(GetByWayOf("gate", "a")->granted);
}

TEST_F(SessionPoolTest, FewHandshakesByOneWayAtATime) {
  MakePool();
  std::vector<Customer*> having;
  for (int i = 0; i < SessionPool::kMaxHandshakesOfWay; ++i) {
    having.push_back(GetByWayOf("gate", absl::StrCat("h", i)));
    ASSERT_TRUE(having.back()->granted);
    // Others' handshakes are not what is to be seen here.
    if (i % 2 == 0) loop_.Advance(HandshakeLimit::kMostPatience);
  }
  loop_.Advance(HandshakeLimit::kMostPatience);
  Customer* waiting = GetByWayOf("gate", "late");
  EXPECT_FALSE(waiting->granted);
  EXPECT_TRUE(GetByWayOf("gate2", "late")->granted);
  EXPECT_TRUE(Get("late")->granted);
  LogIn(having[0]);
  EXPECT_TRUE(waiting->granted);
}

TEST_F(SessionPoolTest, NotToAnotherCredentialUserOrPort) {
  MakePool();
  Keep("a");
  for (const SessionKey& key :
       {SessionKey{"a", 22, "root", "other", ""}, SessionKey{"a", 22, "ann", "key", ""},
        SessionKey{"a", 23, "root", "key", ""}}) {
    SessionPool::Request request;
    request.key = key;
    request.trusts = [](Session&) { return true; };
    SessionPool::Grant got;
    request.on_grant = [&](SessionPool::Grant grant) { got = std::move(grant); };
    const auto ticket = pool_->Ask(std::move(request));
    loop_.Run();
    EXPECT_NE(got.place, nullptr);
    EXPECT_EQ(got.session, nullptr);
  }
}

TEST_F(SessionPoolTest, NotToWhoDoesNotTrustTheHost) {
  MakePool();
  Keep("a");
  Customer* customer = Ask("a");
  (void)customer;
  Customer* careful = &customers_.emplace_back();
  SessionPool::Request request;
  request.key = {"a", 22, "root", "key", ""};
  request.trusts = [](Session&) { return false; };
  request.on_grant = [careful](SessionPool::Grant grant) { careful->grant = std::move(grant); };
  careful->ticket = pool_->Ask(std::move(request));
  loop_.Run();
  EXPECT_NE(careful->grant.place, nullptr);
  EXPECT_EQ(careful->grant.session, nullptr);
}

TEST_F(SessionPoolTest, WhoWantsANewOneGetsNoOther) {
  MakePool();
  Keep("a");
  Customer* customer = Ask("a", "ann", /*fresh=*/true);
  loop_.Run();
  EXPECT_EQ(customer->grant.session, nullptr);
}

TEST_F(SessionPoolTest, UnusedSessionsAreClosedWhenTheirTimeIsOver) {
  SessionLimits limits;
  limits.max_idle = absl::Minutes(1);
  MakePool(limits);
  Keep("a");
  loop_.Advance(absl::Seconds(30));
  Keep("b");
  loop_.Advance(absl::Seconds(30));
  EXPECT_EQ(pool_->idle_sessions(), 1u);
  loop_.Advance(absl::Seconds(30));
  EXPECT_EQ(pool_->sessions(), 0u);
  EXPECT_EQ(loop_.armed_timers(), 0u);
}

TEST_F(SessionPoolTest, AnOldSessionIsGivenToNobody) {
  SessionLimits limits;
  limits.max_idle = absl::Hours(9);
  limits.max_age = absl::Hours(1);
  MakePool(limits);
  Keep("a");
  loop_.Advance(absl::Hours(1) - absl::Milliseconds(1));
  Customer* last = Get("a");
  EXPECT_NE(last->grant.session, nullptr);
  Return(last);
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Get("a")->grant.session, nullptr);
}

TEST_F(SessionPoolTest, AnOldSessionIsClosedWhenItsCommandEnds) {
  SessionLimits limits;
  limits.max_age = absl::Hours(1);
  MakePool(limits);
  Keep("a");
  Customer* customer = Get("a");
  loop_.Advance(absl::Hours(1));
  EXPECT_EQ(pool_->sessions(), 1u);
  Return(customer);
  EXPECT_TRUE(server_.gone);
  EXPECT_EQ(pool_->sessions(), 0u);
}

TEST_F(SessionPoolTest, WhoWaitsForAnOldSessionMakesANewOne) {
  SessionLimits limits;
  limits.max_age = absl::Hours(1);
  MakePool(limits);
  std::vector<Customer*> busy;
  for (int i = 0; i < SessionPool::kMaxSessionsOfHost; ++i) {
    busy.push_back(Get("a"));
    LogIn(busy.back());
  }
  Customer* waiting = Get("a");
  EXPECT_FALSE(waiting->granted);
  loop_.Advance(absl::Hours(1));
  Return(busy[0]);
  EXPECT_TRUE(waiting->granted);
  EXPECT_EQ(waiting->grant.session, nullptr);
}

TEST_F(SessionPoolTest, AnOldSessionThatNobodyUsesIsClosedSoon) {
  SessionLimits limits;
  limits.max_idle = absl::Hours(9);
  limits.max_age = absl::Hours(1);
  MakePool(limits);
  Keep("a");
  loop_.Advance(absl::Minutes(30));
  Keep("b");
  loop_.Advance(absl::Minutes(31));
  EXPECT_EQ(pool_->idle_sessions(), 1u);
  loop_.Advance(absl::Minutes(30));
  EXPECT_EQ(pool_->sessions(), 0u);
}

// However long sessions may last otherwise.
TEST_F(SessionPoolTest, ASessionDoesNotOutliveWhatItWasLoggedInWith) {
  SessionLimits limits;
  limits.max_idle = absl::Hours(9);
  MakePool(limits);
  const absl::Time expires = loop_.WallTime() + absl::Minutes(5);
  Keep("a", expires);
  loop_.Advance(absl::Minutes(5) - absl::Milliseconds(1));
  Customer* last = Get("a");
  EXPECT_NE(last->grant.session, nullptr);
  Return(last);
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Get("a")->grant.session, nullptr);
}

TEST_F(SessionPoolTest, OneThatHasExpiredIsClosedSoonOrWhenItsCommandEnds) {
  SessionLimits limits;
  limits.max_idle = absl::Hours(9);
  MakePool(limits);
  Keep("a", loop_.WallTime() + absl::Minutes(5));
  Keep("b");
  loop_.Advance(absl::Minutes(6));
  EXPECT_EQ(pool_->idle_sessions(), 1u);
  Customer* customer = Get("c");
  LogIn(customer, loop_.WallTime() + absl::Minutes(5));
  loop_.Advance(absl::Minutes(5));
  Return(customer);
  EXPECT_EQ(pool_->sessions(), 1u);
}

TEST_F(SessionPoolTest, NothingIsKeptWhereTheTimeIsZero) {
  SessionLimits limits;
  limits.max_idle = absl::ZeroDuration();
  MakePool(limits);
  Keep("a");
  EXPECT_EQ(pool_->sessions(), 0u);
}

TEST_F(SessionPoolTest, OfAServerThatTakesOneCommandASessionNoneIsKeptForAnHour) {
  MakePool();
  Keep("a");
  pool_->NoteOneCommand({"a", 22, "root", "key", ""});
  EXPECT_EQ(pool_->sessions(), 0u);  // nor are those that there are
  Keep("a");
  EXPECT_EQ(pool_->sessions(), 0u);
  Keep("b");
  EXPECT_EQ(pool_->idle_sessions(), 1u);
  loop_.Advance(SessionPool::kOneCommandMemory);
  Keep("a");
  EXPECT_EQ(pool_->idle_sessions(), 1u);  // b's time is over
}

TEST_F(SessionPoolTest, WhoWaitsForASessionThatIsNotKeptMakesOne) {
  MakePool();
  pool_->NoteOneCommand({"a", 22, "root", "key", ""});
  std::vector<Customer*> holders;
  for (size_t i = 0; i < SessionPool::kMaxSessionsOfHost; ++i) {
    holders.push_back(Get("a"));
    LogIn(holders.back());
  }
  Customer* waiting = Get("a");
  EXPECT_FALSE(waiting->granted);
  Return(holders[0]);
  EXPECT_TRUE(waiting->granted);
  EXPECT_EQ(waiting->grant.session, nullptr);
}

TEST_F(SessionPoolTest, ASessionThatTheServerClosesIsForgottenAtOnce) {
  MakePool();
  Customer* customer = Get("a");
  LogIn(customer);
  const int fd = customer->grant.session->transport().fd();
  Return(customer);
  loop_.SetReady(fd, kReadable);
  EXPECT_EQ(pool_->idle_sessions(), 1u);
  EXPECT_EQ(loop_.forgotten, 0);
  server_.idle = SshTransport::Step::kFailed;
  server_.closed = true;
  loop_.SetReady(fd, kReadable);
  EXPECT_EQ(pool_->sessions(), 0u);
  EXPECT_EQ(loop_.forgotten, 1);  // the number may be another's by now
}

TEST_F(SessionPoolTest, AtItsLimitTheLongestUnusedMakesRoom) {
  SessionLimits limits;
  limits.max_sessions = 2;
  MakePool(limits);
  Keep("a");
  Keep("b");
  EXPECT_TRUE(Get("c")->granted);
  EXPECT_EQ(pool_->sessions(), 2u);
  EXPECT_NE(Get("b")->grant.session, nullptr);
}

TEST_F(SessionPoolTest, AtItsLimitOthersWaitUntilOneIsClosed) {
  SessionLimits limits;
  limits.max_sessions = 1;
  MakePool(limits);
  Customer* first = Get("a");
  LogIn(first);
  Customer* second = Get("b");
  EXPECT_FALSE(second->granted);
  Close(first);
  EXPECT_TRUE(second->granted);
}

TEST_F(SessionPoolTest, AtItsLimitWhoWaitsGetsTheRoomOfASessionThatIsUnusedByNow) {
  SessionLimits limits;
  limits.max_sessions = 1;
  MakePool(limits);
  Customer* first = Get("a");
  LogIn(first);
  Customer* second = Get("b");
  Return(first);
  EXPECT_TRUE(second->granted);
  EXPECT_EQ(pool_->sessions(), 1u);
}

TEST_F(SessionPoolTest, AHostHasAFewSessionsThenItsCallersWaitForOne) {
  MakePool();
  std::vector<Customer*> having;
  for (size_t i = 0; i < SessionPool::kMaxSessionsOfHost; ++i) {
    having.push_back(Get("a"));
    LogIn(having.back());
  }
  Customer* waiting = Get("a");
  EXPECT_FALSE(waiting->granted);
  Return(having[0]);
  EXPECT_NE(waiting->grant.session, nullptr);
  Customer* next = Get("a");
  EXPECT_FALSE(next->granted);
  Close(having[1]);
  EXPECT_TRUE(next->granted);
  EXPECT_EQ(next->grant.session, nullptr);
}

TEST_F(SessionPoolTest, FewHandshakesWithOneAddressAtATime) {
  MakePool();
  std::vector<Customer*> customers;
  for (int port = 1; port <= SessionPool::kMaxHandshakesOfAddress + 1; ++port) {
    Customer* customer = &customers_.emplace_back();
    SessionPool::Request request;
    request.key = {"a", static_cast<uint16_t>(port), "root", "key", ""};
    request.trusts = [](Session&) { return true; };
    request.on_grant = [customer](SessionPool::Grant grant) {
      customer->grant = std::move(grant);
      customer->granted = true;
    };
    customer->ticket = pool_->Ask(std::move(request));
    customers.push_back(customer);
  }
  loop_.Run();
  EXPECT_TRUE(customers[SessionPool::kMaxHandshakesOfAddress - 1]->granted);
  EXPECT_FALSE(customers.back()->granted);
  EXPECT_TRUE(Get("b")->granted);  // others do not wait for it
  LogIn(customers[0]);
  EXPECT_TRUE(customers.back()->granted);
}

TEST_F(SessionPoolTest, HandshakesInFlightAreLimitedAndWarmSessionsPassThemBy) {
  MakePool();
  Keep("warm");
  for (int i = 0; i < HandshakeLimit::kFirst; ++i) Get(absl::StrCat("h", i));
  EXPECT_FALSE(Get("cold")->granted);
  EXPECT_NE(Get("warm")->grant.session, nullptr);
  Close(&customers_[1]);
  EXPECT_THAT(order_.back(), "cold");
}

TEST_F(SessionPoolTest, SilentHostsHoldUpOthersForASecondOnly) {
  MakePool();
  for (int i = 0; i < HandshakeLimit::kFirst; ++i) Get(absl::StrCat("silent", i));
  Customer* customer = Get("lively");
  loop_.Advance(HandshakeLimit::kMostPatience - absl::Milliseconds(1));
  EXPECT_FALSE(customer->granted);
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(customer->granted);
  // They are sessions all the same.
  EXPECT_EQ(pool_->sessions(), HandshakeLimit::kFirst + 1u);
  for (Customer& silent : customers_) silent.grant = SessionPool::Grant();
  EXPECT_EQ(pool_->sessions(), 0u);
}

TEST_F(SessionPoolTest, WhereHandshakesAreShortSilentHostsHoldUpOthersForAMomentOnly) {
  MakePool();
  for (int i = 0; i < 4; ++i) {
    Customer* customer = Get(absl::StrCat("lively", i));
    loop_.Advance(absl::Milliseconds(10));
    LogIn(customer);
  }
  for (int i = 0; i < HandshakeLimit::kFirst; ++i) Get(absl::StrCat("silent", i));
  Customer* customer = Get("one more");
  loop_.Advance(absl::Milliseconds(79));
  EXPECT_FALSE(customer->granted);
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(customer->granted);
}

TEST_F(SessionPoolTest, WhileSomebodyHurriesFewHandshakesAreInFlight) {
  MakePool();
  Keep("near");
  order_.clear();
  loop_.hurried = 1;
  for (int i = 0; i < 2 * HandshakeLimit::kLeast; ++i) Ask(absl::StrCat("h", i));
  loop_.Run();
  loop_.Advance(absl::ZeroDuration());
  const size_t few = order_.size();
  EXPECT_GE(few, size_t{HandshakeLimit::kLeast});
  EXPECT_LE(few, HandshakeLimit::kLeast + 1u);
  loop_.hurried = 0;
  Close(&customers_[1]);
  EXPECT_EQ(order_.size(), 2u * HandshakeLimit::kLeast);
}

// The others of the loop have their turn in between.
TEST_F(SessionPoolTest, InOneIterationFewHandshakesBegin) {
  MakePool();
  for (int i = 0; i < 20; ++i) Ask(absl::StrCat("h", i));
  loop_.Run();
  EXPECT_EQ(order_.size(), size_t{SessionPool::kHandshakesATurn});
  loop_.Advance(absl::ZeroDuration());
  EXPECT_EQ(order_.size(), 20u);
}

TEST_F(SessionPoolTest, CallersTakeTurns) {
  MakePool();
  for (int i = 0; i < HandshakeLimit::kFirst; ++i) Get(absl::StrCat("h", i));
  order_.clear();
  for (int i = 0; i < 3; ++i) Ask(absl::StrCat("ann", i), "ann");
  Ask("bob", "bob");
  for (int i = 0; i < 3; ++i) Close(&customers_[i]);
  EXPECT_THAT(order_, ElementsAre("ann0", "bob", "ann1"));
}

TEST_F(SessionPoolTest, AWithdrawnRequestIsNotGranted) {
  MakePool();
  Customer* customer = Ask("a");
  customer->ticket.reset();
  loop_.Run();
  EXPECT_THAT(order_, IsEmpty());
  EXPECT_EQ(pool_->sessions(), 0u);
}

// As when a run is canceled that has more hosts behind a gate than may be dialed at once.
TEST_F(SessionPoolTest, WhoHasWithdrawnInTheLineHoldsUpNobody) {
  MakePool();
  std::vector<Customer*> dialing;
  std::vector<Customer*> canceled;
  for (int i = 0; i < SessionPool::kMaxHandshakesOfWay; ++i) {
    dialing.push_back(GetByWayOf("gate", absl::StrCat("a", i)));
    ASSERT_TRUE(dialing.back()->granted);
  }
  for (int i = 0; i < SessionPool::kMaxHandshakesOfWay; ++i) {
    canceled.push_back(GetByWayOf("gate", absl::StrCat("b", i)));
  }
  Customer* other = GetByWayOf("gate", "c");
  for (Customer* customer : canceled) customer->ticket.reset();
  for (Customer* customer : dialing) Close(customer);
  EXPECT_TRUE(other->granted);
}

TEST_F(SessionPoolTest, ATurnThatIsWithdrawnIsTheNextOnes) {
  MakePool();
  std::vector<Customer*> inside;
  for (int i = 0; i < SessionPool::kMaxSessionsOfHost; ++i) inside.push_back(Get("a"));
  Customer* first = Get("a");
  Customer* second = Get("a");
  inside[0]->grant = SessionPool::Grant();  // it would be the first one's turn
  first->ticket.reset();
  loop_.Run();
  EXPECT_TRUE(second->granted);
}

TEST_F(SessionPoolTest, ASessionForARequestThatIsWithdrawnStaysInThePool) {
  MakePool();
  Keep("a");
  order_.clear();
  Customer* customer = Ask("a");
  customer->ticket.reset();
  loop_.Run();
  EXPECT_THAT(order_, IsEmpty());
  EXPECT_EQ(pool_->idle_sessions(), 1u);
}

TEST_F(SessionPoolTest, CongestionTakesPlacesAway) {
  MakePool();
  std::vector<Customer*> having;
  for (int i = 0; i < HandshakeLimit::kFirst; ++i) having.push_back(Get(absl::StrCat("h", i)));
  having[0]->grant.place->OnCongestion();
  Customer* waiting = Get("more");
  Close(having[0]);
  Close(having[1]);
  EXPECT_FALSE(waiting->granted);
  Close(having[2]);
  EXPECT_TRUE(waiting->granted);
}

}  // namespace
}  // namespace muster::engine
