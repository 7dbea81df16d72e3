#include "ssh_engine/engine.h"

#include <sched.h>

#include <algorithm>
#include <functional>
#include <future>
#include <list>
#include <random>
#include <thread>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/hash/hash.h"
#include "absl/types/optional.h"
#include "ssh_engine/cares_resolver.h"
#include "ssh_engine/epoll_loop.h"
#include "ssh_engine/happy_eyeballs.h"
#include "ssh_engine/helper_pool.h"
#include "ssh_engine/in_flight_limit.h"
#include "ssh_engine/libssh_transport.h"
#include "ssh_engine/mutex.h"
#include "ssh_engine/output_gate.h"
#include "ssh_engine/run_on_loop.h"
#include "ssh_engine/session_pool.h"

namespace muster::engine {
namespace {

// For what blocks: agents, known_hosts files.
constexpr int kHelperThreads = 4;

int UsableCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

// In place of one that could not be copied.
std::shared_ptr<const Credential> NoCredential() {
  Credential none;
  none.notes.push_back("The keys could not be copied: out of memory.");
  return std::make_shared<const Credential>(std::move(none));
}

// One loop's share of a run, as long as it lasts. Loop-confined; shared by the loop, which drops it
// when the share is done, and the run's handle.
struct Share {
  std::unique_ptr<RunOnLoop> run;  // null before and after
};

class LoopThread;

class LoopControlImpl final : public LoopControl {
 public:
  LoopControlImpl(std::weak_ptr<LoopThread> loop, std::weak_ptr<Share> share)
      : loop_(std::move(loop)), share_(std::move(share)) {}
  void Grant(std::vector<uint32_t> host_indexes) override;
  void CancelHost(uint32_t host_index, Cause cause, const std::string& message) override;

 private:
  const std::weak_ptr<LoopThread> loop_;
  const std::weak_ptr<Share> share_;
};

// A thread with an event loop, and the runs that have hosts there.
class LoopThread : public std::enable_shared_from_this<LoopThread> {
 public:
  static absl::StatusOr<std::unique_ptr<LoopThread>> Create(int index, HelperPool* helpers,
                                                            const SessionLimits& limits);
  ~LoopThread();

  // What a run brings to a loop.
  struct Order {
    std::shared_ptr<const Job> job;
    std::shared_ptr<const Credential> credential;  // this loop's own
    std::shared_ptr<RunObserver> observer;
    std::shared_ptr<InFlightLimit> limit;
  };

  // Any thread.
  std::shared_ptr<Share> Start(Order order);
  // Calls it with the run, unless that is over.
  void Tell(std::weak_ptr<Share> share, absl::AnyInvocable<void(RunOnLoop*)> what);
  void SetReading(bool reading);
  // Ends all runs, and waits until they have.
  void Abandon();

 private:
  LoopThread(int index, HelperPool* helpers, std::unique_ptr<EpollLoop> loop)
      : index_(index), helpers_(helpers), loop_(std::move(loop)) {}
  absl::Status MakeConnector();
  void Begin(Order order, const std::shared_ptr<Share>& share);

  const int index_;
  HelperPool* const helpers_;
  const std::unique_ptr<EpollLoop> loop_;
  // The loop's thread has these.
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<Connector> connector_;
  std::unique_ptr<SessionPool> pool_;
  OutputGate gate_;
  std::list<std::shared_ptr<Share>> shares_;

  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<LoopThread>> LoopThread::Create(int index, HelperPool* helpers,
                                                               const SessionLimits& limits) {
  absl::StatusOr<std::unique_ptr<EpollLoop>> loop = EpollLoop::Create();
  if (!loop.ok()) return loop.status();
  std::unique_ptr<LoopThread> thread(new LoopThread(index, helpers, *std::move(loop)));
  absl::Status status = thread->MakeConnector();
  if (!status.ok()) return status;
  thread->pool_ = std::make_unique<SessionPool>(thread->loop_.get(), limits);
  thread->thread_ = std::thread([raw = thread.get()] { raw->loop_->Run(); });
  return thread;
}

absl::Status LoopThread::MakeConnector() {
  absl::StatusOr<std::unique_ptr<Resolver>> resolver = NewCaresResolver(loop_.get());
  if (!resolver.ok()) return resolver.status();
  resolver_ = *std::move(resolver);
  connector_ = NewHappyEyeballs(loop_.get(), resolver_.get());
  return absl::OkStatus();
}

LoopThread::~LoopThread() {
  loop_->Stop();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<Share> LoopThread::Start(Order order) {
  auto share = std::make_shared<Share>();
  loop_->Post(
      [this, share, order = std::move(order)]() mutable { Begin(std::move(order), share); });
  return share;
}

void LoopThread::Begin(Order order, const std::shared_ptr<Share>& share) {
  RunContext context;
  context.loop = loop_.get();
  context.connector = connector_.get();
  context.helpers = helpers_;
  context.pool = pool_.get();
  context.gate = &gate_;
  context.new_transport = NewLibsshTransport;
  context.random.seed(std::random_device()());
  context.credential = order.credential != nullptr ? std::move(order.credential) : NoCredential();
  const auto place = shares_.insert(shares_.end(), share);
  auto control = std::make_shared<LoopControlImpl>(weak_from_this(), share);
  share->run = std::make_unique<RunOnLoop>(std::move(context), std::move(order.job),
                                           order.observer->ForLoop(index_, std::move(control)),
                                           std::move(order.limit), [this, share, place] {
                                             shares_.erase(place);
                                             // Not here: this is called from within the run.
                                             loop_->Defer([share] { share->run.reset(); });
                                           });
}

void LoopThread::Tell(std::weak_ptr<Share> share, absl::AnyInvocable<void(RunOnLoop*)> what) {
  loop_->Post([share = std::move(share), what = std::move(what)]() mutable {
    const std::shared_ptr<Share> alive = share.lock();
    if (alive != nullptr && alive->run != nullptr) what(alive->run.get());
  });
}

void LoopThread::SetReading(bool reading) {
  loop_->Post([this, reading] { gate_.SetOpen(reading); });
}

void LoopThread::Abandon() {
  std::promise<void> done;
  loop_->Post([this, &done] {
    for (const std::shared_ptr<Share>& share : shares_) {
      share->run->Abandon();
      share->run.reset();
    }
    shares_.clear();
    pool_.reset();
    connector_.reset();
    resolver_.reset();
    done.set_value();
  });
  done.get_future().wait();
}

void LoopControlImpl::Grant(std::vector<uint32_t> host_indexes) {
  const std::shared_ptr<LoopThread> loop = loop_.lock();
  if (loop == nullptr) return;
  loop->Tell(share_, [hosts = std::move(host_indexes)](RunOnLoop* run) { run->Grant(hosts); });
}

void LoopControlImpl::CancelHost(uint32_t host_index, Cause cause, const std::string& message) {
  const std::shared_ptr<LoopThread> loop = loop_.lock();
  if (loop == nullptr) return;
  loop->Tell(share_, [host_index, cause, message](RunOnLoop* run) {
    run->CancelHost(host_index, cause, message);
  });
}

class EngineImpl final : public Engine {
 public:
  EngineImpl() : helpers_(std::make_unique<HelperPool>(kHelperThreads)) {}
  ~EngineImpl() override;

  absl::Status StartLoops(const EngineOptions& options);
  std::shared_ptr<RunHandle> Start(Job job, std::shared_ptr<RunObserver> observer) override;
  void SetReading(bool reading) override {
    for (const std::shared_ptr<LoopThread>& loop : loops_) loop->SetReading(reading);
  }

 private:
  std::unique_ptr<HelperPool> helpers_;
  std::vector<std::shared_ptr<LoopThread>> loops_;
};

class RunHandleImpl final : public RunHandle {
 public:
  // The loops may be gone before this is: the engine owns them.
  RunHandleImpl(const std::vector<std::shared_ptr<LoopThread>>& loops,
                std::shared_ptr<const Job> job, std::shared_ptr<RunObserver> observer)
      : job_(std::move(job)),
        limit_(std::make_shared<InFlightLimit>(std::max<uint32_t>(1, job_->max_in_flight))),
        observer_(std::move(observer)) {
    for (const std::shared_ptr<LoopThread>& loop : loops) parts_.push_back({loop, {}, false});
  }

  void Add(std::vector<Host> hosts) override;
  void Finish() override;
  void SetPaused(bool paused) override {
    MutexLock lock(&mutex_);
    paused_ = paused;
    TellAll([paused](RunOnLoop* run) { run->SetPaused(paused); });
  }
  void StopStarting(const std::string& message) override {
    MutexLock lock(&mutex_);
    stopped_ = message;
    TellAll([message](RunOnLoop* run) { run->StopStarting(message); });
  }
  void Cancel() override {
    MutexLock lock(&mutex_);
    canceled_ = true;
    TellAll([](RunOnLoop* run) { run->Cancel(); });
  }

 private:
  struct Part {
    std::weak_ptr<LoopThread> loop;
    std::weak_ptr<Share> share;
    bool begun = false;
  };

  // A host's connections are all made from the same loop.
  size_t LoopOf(const Host& host) const {
    return absl::HashOf(host.address, host.port, host.user) % parts_.size();
  }
  // A loop hears of the run with its first host.
  void Begin(LoopThread* loop, Part* part) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellAll(const std::function<void(RunOnLoop*)>& what) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<const Job> job_;
  const std::shared_ptr<InFlightLimit> limit_;

  Mutex mutex_;  // keeps the messages of several threads in order
  std::shared_ptr<RunObserver> observer_ ABSL_GUARDED_BY(mutex_);  // null once finished
  std::vector<Part> parts_;                                        // one for each loop
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool canceled_ ABSL_GUARDED_BY(mutex_) = false;
  absl::optional<std::string> stopped_ ABSL_GUARDED_BY(mutex_);
};

void RunHandleImpl::TellAll(const std::function<void(RunOnLoop*)>& what) {
  for (const Part& part : parts_) {
    const std::shared_ptr<LoopThread> loop = part.loop.lock();
    if (part.begun && loop != nullptr) loop->Tell(part.share, what);
  }
}

void RunHandleImpl::Begin(LoopThread* loop, Part* part) {
  LoopThread::Order order;
  order.job = job_;
  order.credential = job_->credential->Duplicate().value_or(nullptr);
  order.observer = observer_;
  order.limit = limit_;
  part->share = loop->Start(std::move(order));
  part->begun = true;
  if (paused_) loop->Tell(part->share, [](RunOnLoop* run) { run->SetPaused(true); });
  if (stopped_) {
    loop->Tell(part->share, [message = *stopped_](RunOnLoop* run) { run->StopStarting(message); });
  }
  if (canceled_) loop->Tell(part->share, [](RunOnLoop* run) { run->Cancel(); });
}

void RunHandleImpl::Add(std::vector<Host> hosts) {
  std::vector<std::vector<Host>> dealt(parts_.size());
  for (Host& host : hosts) dealt[LoopOf(host)].push_back(std::move(host));
  MutexLock lock(&mutex_);
  for (size_t i = 0; i < parts_.size(); ++i) {
    const std::shared_ptr<LoopThread> loop = parts_[i].loop.lock();
    if (dealt[i].empty() || loop == nullptr) continue;
    if (!parts_[i].begun) Begin(loop.get(), &parts_[i]);
    loop->Tell(parts_[i].share, [hosts = std::move(dealt[i])](RunOnLoop* run) mutable {
      run->Add(std::move(hosts));
    });
  }
}

void RunHandleImpl::Finish() {
  MutexLock lock(&mutex_);
  observer_ = nullptr;
  TellAll([](RunOnLoop* run) { run->Finish(); });
}

// Hosts first: they let go of agents, for which helper threads may wait. Then the helpers, which
// post to the loops. The loops last.
EngineImpl::~EngineImpl() {
  for (const std::shared_ptr<LoopThread>& loop : loops_) loop->Abandon();
  helpers_.reset();
  loops_.clear();
}

absl::Status EngineImpl::StartLoops(const EngineOptions& options) {
  const int count = options.loops > 0 ? options.loops : UsableCores();
  SessionLimits limits;
  limits.max_sessions = std::max<size_t>(1, options.max_sessions / count);
  limits.max_idle = options.session_idle;
  for (int i = 0; i < count; ++i) {
    absl::StatusOr<std::unique_ptr<LoopThread>> loop =
        LoopThread::Create(i, helpers_.get(), limits);
    if (!loop.ok()) return loop.status();
    loops_.push_back(*std::move(loop));
  }
  return absl::OkStatus();
}

std::shared_ptr<RunHandle> EngineImpl::Start(Job job, std::shared_ptr<RunObserver> observer) {
  return std::make_shared<RunHandleImpl>(loops_, std::make_shared<const Job>(std::move(job)),
                                         std::move(observer));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> NewEngine(const EngineOptions& options) {
  auto engine = std::make_unique<EngineImpl>();
  const absl::Status status = engine->StartLoops(options);
  if (!status.ok()) return status;
  return engine;
}

}  // namespace muster::engine
