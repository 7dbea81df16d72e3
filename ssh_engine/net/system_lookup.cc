#include "ssh_engine/net/system_lookup.h"

#include <netdb.h>
#include <pthread.h>
#include <string.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ssh_engine/base/mutex.h"

namespace muster::engine {
namespace {

using Failure = NameAnswer::Failure;

NameAnswer FailureOf(int error, int system_error) {
  switch (error) {
    case EAI_NONAME:
      return {Failure::kNoSuchName, {}, ""};
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
      return {Failure::kNoAddress, {}, ""};
    case EAI_SYSTEM:
      return {Failure::kSystemFailed, {}, strerror(system_error)};
    default:
      return {Failure::kSystemFailed, {}, gai_strerror(error)};
  }
}

NameAnswer AskSystem(const std::string& name) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (error != 0) return FailureOf(error, errno);
  NameAnswer answer;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    answer.addresses.emplace_back(one->ai_addr, one->ai_addrlen);
  }
  freeaddrinfo(found);
  return answer;
}

struct Question {
  EventLoop* const loop;
  const std::string name;
  NameCallback callback;  // the loop's alone; empty: nobody waits for it any more
  // Under the threads' lock.
  enum class State { kWaiting, kRunning, kDone } state = State::kWaiting;
  bool given_up = false;
};
using State = Question::State;
using QuestionPtr = std::shared_ptr<Question>;

// With the threads' lock held, which a question has to be given up with: so the loop is there.
void Tell(const QuestionPtr& question, NameAnswer answer) {
  question->state = State::kDone;
  question->loop->Post([question, answer = std::move(answer)]() mutable {
    if (question->callback == nullptr) return;
    std::exchange(question->callback, nullptr)(std::move(answer));
  });
}

}  // namespace

class SystemLookup::Threads : public std::enable_shared_from_this<Threads> {
 public:
  Threads(Call call, const Limits& limits) : call_(std::move(call)), limits_(limits) {}

  void Add(const QuestionPtr& question);
  void GiveUp(Question* question);
  void DropWaiting() {
    MutexLock lock(&mutex_);
    waiting_.clear();
  }

 private:
  // A thread's life: as long as there are questions.
  void Work();
  QuestionPtr Take();
  void Finish(const QuestionPtr& question, NameAnswer answer);
  void Begin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FailWaiting(const std::string& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Empty: a question can be asked.
  std::string Refusal() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Call call_;
  const Limits limits_;
  Mutex mutex_;
  std::deque<QuestionPtr> waiting_ ABSL_GUARDED_BY(mutex_);
  int working_ ABSL_GUARDED_BY(mutex_) = 0;  // threads
  int hanging_ ABSL_GUARDED_BY(mutex_) = 0;  // of these: whose question was given up
};

void SystemLookup::Threads::Add(const QuestionPtr& question) {
  MutexLock lock(&mutex_);
  std::string refusal = Refusal();
  if (!refusal.empty()) {
    return Tell(question, {Failure::kSystemFailed, {}, std::move(refusal)});
  }
  waiting_.push_back(question);
  Begin();
}

std::string SystemLookup::Threads::Refusal() const {
  if (hanging_ >= limits_.threads) {
    return absl::StrCat(hanging_, " look-ups hang; does one of these sources not answer?");
  }
  if (waiting_.size() < limits_.waiting) return "";
  return absl::StrCat(waiting_.size(), " look-ups wait for it already");
}

void SystemLookup::Threads::GiveUp(Question* question) {
  MutexLock lock(&mutex_);
  question->given_up = true;
  if (question->state == State::kDone) return;
  if (question->state == State::kWaiting) {
    waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(),
                                  [&](const QuestionPtr& one) { return one.get() == question; }),
                   waiting_.end());
    return;
  }
  if (++hanging_ >= limits_.threads) FailWaiting(Refusal());
}

void SystemLookup::Threads::FailWaiting(const std::string& why) {
  for (const QuestionPtr& question : std::exchange(waiting_, {})) {
    Tell(question, {Failure::kSystemFailed, {}, why});
  }
}

// Where there are threads already, these take what waits in their turn.
void SystemLookup::Threads::Begin() {
  if (working_ >= limits_.threads) return;
  try {
    std::thread([self = shared_from_this()] { self->Work(); }).detach();
    ++working_;
  } catch (const std::system_error& error) {
    if (working_ == hanging_) FailWaiting(absl::StrCat("no thread for it: ", error.what()));
  }
}

void SystemLookup::Threads::Work() {
  pthread_setname_np(pthread_self(), "resolver");
  while (const QuestionPtr question = Take()) {
    Finish(question, call_(question->name));
  }
}

QuestionPtr SystemLookup::Threads::Take() {
  MutexLock lock(&mutex_);
  if (waiting_.empty()) {
    --working_;
    return nullptr;
  }
  QuestionPtr question = std::move(waiting_.front());
  waiting_.pop_front();
  question->state = State::kRunning;
  return question;
}

void SystemLookup::Threads::Finish(const QuestionPtr& question, NameAnswer answer) {
  MutexLock lock(&mutex_);
  if (!question->given_up) return Tell(question, std::move(answer));
  --hanging_;
}

SystemLookup::SystemLookup() : SystemLookup(AskSystem, Limits()) {}

SystemLookup::SystemLookup(Call call, const Limits& limits)
    : threads_(std::make_shared<Threads>(std::move(call), limits)) {}

SystemLookup::~SystemLookup() { threads_->DropWaiting(); }

std::unique_ptr<SystemLookup::Request> SystemLookup::Ask(EventLoop* loop, std::string name,
                                                         NameCallback callback) {
  class RequestImpl final : public Request {
   public:
    RequestImpl(std::shared_ptr<Threads> threads, QuestionPtr question)
        : threads_(std::move(threads)), question_(std::move(question)) {}
    ~RequestImpl() override {
      question_->callback = nullptr;
      threads_->GiveUp(question_.get());
    }

   private:
    const std::shared_ptr<Threads> threads_;
    const QuestionPtr question_;
  };
  const auto question =
      std::make_shared<Question>(Question{loop, std::move(name), std::move(callback)});
  threads_->Add(question);
  return std::make_unique<RequestImpl>(threads_, question);
}

}  // namespace muster::engine
