#include "ssh_engine/engine.h"

#include <sched.h>

#include <algorithm>
#include <future>
#include <list>
#include <random>
#include <thread>
#include <utility>

#include "absl/hash/hash.h"
#include "ssh_engine/cares_resolver.h"
#include "ssh_engine/epoll_loop.h"
#include "ssh_engine/happy_eyeballs.h"
#include "ssh_engine/helper_pool.h"
#include "ssh_engine/in_flight_limit.h"
#include "ssh_engine/libssh_transport.h"
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

// A thread with an event loop, and the runs that have hosts there.
class LoopThread {
 public:
  static absl::StatusOr<std::unique_ptr<LoopThread>> Create(int index, HelperPool* helpers,
                                                            const SessionLimits& limits);
  ~LoopThread();

  // What a run brings to a loop.
  struct Order {
    std::shared_ptr<const Job> job;
    std::vector<Host> hosts;
    std::shared_ptr<const Credential> credential;  // this loop's own
    std::shared_ptr<RunObserver> observer;
    std::shared_ptr<InFlightLimit> limit;
  };

  // Any thread.
  std::shared_ptr<Share> Start(Order order);
  void Cancel(std::shared_ptr<Share> share);
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
  context.new_transport = NewLibsshTransport;
  context.random.seed(std::random_device()());
  context.credential = order.credential != nullptr ? std::move(order.credential) : NoCredential();
  const auto place = shares_.insert(shares_.end(), share);
  share->run = std::make_unique<RunOnLoop>(std::move(context), std::move(order.job),
                                           std::move(order.hosts), order.observer->ForLoop(index_),
                                           std::move(order.limit), [this, share, place] {
                                             shares_.erase(place);
                                             // Not here: this is called from within the run.
                                             loop_->Defer([share] { share->run.reset(); });
                                           });
  share->run->Start();
}

void LoopThread::Cancel(std::shared_ptr<Share> share) {
  loop_->Post([share = std::move(share)] {
    if (share->run != nullptr) share->run->Cancel();
  });
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

class EngineImpl final : public Engine {
 public:
  EngineImpl() : helpers_(std::make_unique<HelperPool>(kHelperThreads)) {}
  ~EngineImpl() override;

  absl::Status StartLoops(const EngineOptions& options);
  std::shared_ptr<RunHandle> Start(Job job, std::vector<Host> hosts,
                                   std::shared_ptr<RunObserver> observer) override;

 private:
  // A host's connections are all made from the same loop.
  size_t LoopOf(const Host& host) const {
    return absl::HashOf(host.address, host.port, host.user) % loops_.size();
  }

  std::unique_ptr<HelperPool> helpers_;
  std::vector<std::shared_ptr<LoopThread>> loops_;
};

class RunHandleImpl final : public RunHandle {
 public:
  // The loops may be gone before this is: the engine owns them.
  struct Part {
    std::weak_ptr<LoopThread> loop;
    std::shared_ptr<Share> share;
  };
  explicit RunHandleImpl(std::vector<Part> parts) : parts_(std::move(parts)) {}

  void Cancel() override {
    for (const Part& part : parts_) {
      if (const std::shared_ptr<LoopThread> loop = part.loop.lock()) loop->Cancel(part.share);
    }
  }

 private:
  const std::vector<Part> parts_;
};

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

std::shared_ptr<RunHandle> EngineImpl::Start(Job job, std::vector<Host> hosts,
                                             std::shared_ptr<RunObserver> observer) {
  const auto shared = std::make_shared<const Job>(std::move(job));
  const auto limit = std::make_shared<InFlightLimit>(std::max<uint32_t>(1, shared->max_in_flight));
  std::vector<std::vector<Host>> dealt(loops_.size());
  for (Host& host : hosts) dealt[LoopOf(host)].push_back(std::move(host));
  std::vector<RunHandleImpl::Part> parts;
  for (size_t i = 0; i < loops_.size(); ++i) {
    if (dealt[i].empty()) continue;
    LoopThread::Order order;
    order.job = shared;
    order.hosts = std::move(dealt[i]);
    order.credential = shared->credential->Duplicate().value_or(nullptr);
    order.observer = observer;
    order.limit = limit;
    parts.push_back({loops_[i], loops_[i]->Start(std::move(order))});
  }
  return std::make_shared<RunHandleImpl>(std::move(parts));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> NewEngine(const EngineOptions& options) {
  auto engine = std::make_unique<EngineImpl>();
  const absl::Status status = engine->StartLoops(options);
  if (!status.ok()) return status;
  return engine;
}

}  // namespace muster::engine
