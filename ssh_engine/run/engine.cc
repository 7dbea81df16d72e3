#include "ssh_engine/engine.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <list>
#include <random>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/jump/jump_connector.h"
#include "ssh_engine/libssh/libssh_transport.h"
#include "ssh_engine/loop/epoll_loop.h"
#include "ssh_engine/loop/reading_gate.h"
#include "ssh_engine/net/happy_eyeballs.h"
#include "ssh_engine/net/system_lookup.h"
#include "ssh_engine/net/system_resolver.h"
#include "ssh_engine/pool/session_pool.h"
#include "ssh_engine/proxy/proxy_connector.h"
#include "ssh_engine/run/in_flight_limit.h"
#include "ssh_engine/run/run_on_loop.h"

namespace muster::engine {
namespace {

// For what blocks: agents, known_hosts files.
constexpr int kHelperThreads = 4;
// Each may wait for a KDC for as long as krb5.conf(5) says.
constexpr int kKerberosThreads = 8;
// They yield to the loops.
constexpr int kComputingNiceness = 10;

// Where handshakes take all the cores there are, the threads that write the journal and answer
// callers, a tenth of the work, are not to wait for them. Measured: README.md.
constexpr int kNiceness = 3;

int UsableCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

// In place of a credential that could not be copied.
std::shared_ptr<const Credential> NoCredential() {
  Credential none;
  none.notes.push_back("The keys could not be copied: out of memory.");
  return std::make_shared<const Credential>(std::move(none));
}

// Keys are not shared between threads.
std::shared_ptr<const Access> CopyOf(const Access& access) {
  auto copy = std::make_shared<Access>(access);
  auto credential = access.credential->Duplicate();
  copy->credential = credential.ok() ? *std::move(credential) : NoCredential();
  for (JumpHost& jump : copy->jump_hosts) {
    if (jump.access != nullptr) jump.access = CopyOf(*jump.access);
  }
  return copy;
}

// One loop's share of a run, as long as it lasts. Loop-confined; shared by the loop, which drops it
// when the share is done, and the run's handle.
struct Share {
  std::unique_ptr<RunOnLoop> run;  // null before and after
};
using SharePtr = std::shared_ptr<Share>;

// By what their tasks wait for. They outlive who has them.
struct HelperPools {
  HelperPool* helpers;
  HelperPool* computers;
  HelperPool* kerberos;
};

// A thread with an event loop, and the runs that have hosts there.
class LoopThread : public std::enable_shared_from_this<LoopThread> {
 public:
  static absl::StatusOr<std::shared_ptr<LoopThread>> Create(int index, const HelperPools& pools,
                                                            SystemLookup* lookup,
                                                            const SessionLimits& limits,
                                                            const std::atomic<bool>* reading);
  ~LoopThread();

  // What a run brings to a loop.
  struct Order {
    std::shared_ptr<const Job> job;
    std::shared_ptr<RunObserver> observer;
    std::shared_ptr<InFlightLimit> limit;
  };

  // Any thread.
  SharePtr Start(Order order);
  // Calls `action` on the loop, unless the share is done by then.
  void Tell(SharePtr share, absl::AnyInvocable<void(RunOnLoop&)> action);
  // Hands it permits of the limit, which go on where it is done by then.
  void Permit(SharePtr share, std::shared_ptr<InFlightLimit> limit, uint32_t hosts);
  // The engine's switch was opened.
  void ResumeReading();
  // Ends all runs, and waits until they have.
  void Abandon();

 private:
  LoopThread(int index, const HelperPools& pools, std::unique_ptr<EpollLoop> loop)
      : index_(index), pools_(pools), loop_(std::move(loop)) {}
  absl::Status MakeConnector(SystemLookup* lookup);
  void Begin(Order order, const SharePtr& share);

  const int index_;
  const HelperPools pools_;
  const std::unique_ptr<EpollLoop> loop_;
  // The loop's thread has these.
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<Connector> connector_;
  std::unique_ptr<ProxyConnector> proxies_;
  std::unique_ptr<JumpLinks> links_;
  std::unique_ptr<SessionPool> pool_;
  std::unique_ptr<ReadingGate> reading_;
  std::list<SharePtr> shares_;
  bool abandoned_ = false;

  std::thread thread_;
};

// The loop may be gone before this is: the engine owns it.
class LoopControlImpl final : public LoopControl {
 public:
  LoopControlImpl(std::weak_ptr<LoopThread> loop, SharePtr share)
      : loop_(std::move(loop)), share_(std::move(share)) {}

  void Grant(std::vector<uint32_t> hosts) override {
    Tell([hosts = std::move(hosts)](RunOnLoop& run) { run.Grant(hosts); });
  }
  void CancelHost(uint32_t host, Cause cause, std::string message) override {
    Tell([host, cause, message = std::move(message)](RunOnLoop& run) {
      run.CancelHost(host, cause, message);
    });
  }

 private:
  void Tell(absl::AnyInvocable<void(RunOnLoop&)> action) {
    if (const auto loop = loop_.lock()) loop->Tell(share_, std::move(action));
  }

  const std::weak_ptr<LoopThread> loop_;
  const SharePtr share_;
};

absl::StatusOr<std::shared_ptr<LoopThread>> LoopThread::Create(int index, const HelperPools& pools,
                                                               SystemLookup* lookup,
                                                               const SessionLimits& limits,
                                                               const std::atomic<bool>* reading) {
  absl::StatusOr<std::unique_ptr<EpollLoop>> loop = EpollLoop::Create();
  if (!loop.ok()) return loop.status();
  std::shared_ptr<LoopThread> thread(new LoopThread(index, pools, *std::move(loop)));
  absl::Status status = thread->MakeConnector(lookup);
  if (!status.ok()) return status;
  thread->links_ = std::make_unique<JumpLinks>(thread->loop_.get(), limits);
  thread->pool_ = std::make_unique<SessionPool>(thread->loop_.get(), limits);
  thread->reading_ = std::make_unique<ReadingGate>(thread->loop_.get(), reading);
  thread->thread_ = std::thread([raw = thread.get()] {
    setpriority(PRIO_PROCESS, 0, kNiceness);  // of this thread alone, on Linux
    raw->loop_->Run();
  });
  pthread_setname_np(thread->thread_.native_handle(), absl::StrCat("loop-", index).c_str());
  return thread;
}

absl::Status LoopThread::MakeConnector(SystemLookup* lookup) {
  absl::StatusOr<std::unique_ptr<Resolver>> resolver = NewSystemResolver(loop_.get(), lookup);
  if (!resolver.ok()) return resolver.status();
  resolver_ = *std::move(resolver);
  connector_ = NewHappyEyeballs(loop_.get(), resolver_.get());
  proxies_ = NewProxyConnector(loop_.get(), pools_.helpers);
  return absl::OkStatus();
}

LoopThread::~LoopThread() {
  loop_->Stop();
  if (thread_.joinable()) thread_.join();
}

SharePtr LoopThread::Start(Order order) {
  auto share = std::make_shared<Share>();
  loop_->Post(
      [this, share, order = std::move(order)]() mutable { Begin(std::move(order), share); });
  return share;
}

void LoopThread::Begin(Order order, const SharePtr& share) {
  if (abandoned_) return;
  RunContext context;
  context.action = {loop_.get(), reading_.get(), order.job, nullptr, {}};
  context.dial.loop = loop_.get();
  context.dial.helpers = pools_.helpers;
  context.dial.computers = pools_.computers;
  context.dial.kerberos = pools_.kerberos;
  context.dial.new_transport = NewLibsshTransport;
  context.dial.timeout = order.job->timeouts.connect;
  context.dial.quote_greeting = order.job->quote_greeting;
  context.dial.connector = connector_.get();
  context.dial.proxies = proxies_.get();
  context.pool = pool_.get();
  context.links = links_.get();
  context.random.seed(std::random_device()());
  const auto place = shares_.insert(shares_.end(), share);
  auto control = std::make_shared<LoopControlImpl>(weak_from_this(), share);
  share->run = std::make_unique<RunOnLoop>(std::move(context),
                                           order.observer->ForLoop(index_, std::move(control)),
                                           std::move(order.limit), [this, share, place] {
                                             shares_.erase(place);
                                             // Not here: this is called from within the run.
                                             loop_->Defer([share] { share->run.reset(); });
                                           });
}

void LoopThread::Tell(SharePtr share, absl::AnyInvocable<void(RunOnLoop&)> action) {
  loop_->Post([share = std::move(share), action = std::move(action)]() mutable {
    if (share->run != nullptr) action(*share->run);
  });
}

void LoopThread::Permit(SharePtr share, std::shared_ptr<InFlightLimit> limit, uint32_t hosts) {
  loop_->Post([share = std::move(share), limit = std::move(limit), hosts] {
    if (share->run != nullptr) return share->run->Permit(hosts);
    for (uint32_t i = 0; i < hosts; ++i) limit->Release();
  });
}

void LoopThread::ResumeReading() {
  loop_->Post([this] { reading_->Resume(); });
}

void LoopThread::Abandon() {
  std::promise<void> done;
  loop_->Post([this, &done] {
    abandoned_ = true;
    for (const SharePtr& share : shares_) {
      share->run->Abandon();
      share->run.reset();
    }
    shares_.clear();
    pool_.reset();
    links_.reset();
    proxies_.reset();
    connector_.reset();
    resolver_.reset();
    done.set_value();
  });
  done.get_future().wait();
}

// Gives a run's hosts to the loops; a loop's share begins with its first host.
class RunHandleImpl final : public RunHandle {
 public:
  using Loops = std::vector<std::weak_ptr<LoopThread>>;  // the engine owns them

  RunHandleImpl(Job job, std::shared_ptr<RunObserver> observer, Loops loops)
      : job_(std::make_shared<const Job>(std::move(job))),
        limit_(std::make_shared<InFlightLimit>(std::max<uint32_t>(1, job_->max_in_flight))),
        loops_(std::move(loops)),
        observer_(std::move(observer)),
        shares_(loops_.size()),
        copies_(loops_.size()) {}
  ~RunHandleImpl() override { Finish(); }

  void Add(std::vector<Host> hosts) override;
  void Finish() override;
  void Cancel() override;
  void StopStarting(std::string message) override;
  void SetPaused(bool paused) override;
  void ResizeTerminals(TerminalSize size) override;

 private:
  // A host's connections are all made from the same loop.
  size_t LoopOf(const Host& host) const {
    const absl::string_view line =
        host.proxy_command == nullptr ? absl::string_view() : host.proxy_command->line;
    return absl::HashOf(host.address, host.port, host.user, line) % loops_.size();
  }
  void AddTo(size_t loop, std::vector<Host> hosts) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Has the hosts keep the loop's own copy of what they share.
  void GiveCopies(size_t loop, std::vector<Host>* hosts) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  SharePtr Begin(size_t index, LoopThread* loop) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The share that begins later is told as well, then.
  void TellAll(const std::function<void(RunOnLoop&)>& action) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<const Job> job_;
  const std::shared_ptr<InFlightLimit> limit_;
  const Loops loops_;

  // Held while posting, so that all loops hear things in one order.
  Mutex mutex_;
  std::shared_ptr<RunObserver> observer_ ABSL_GUARDED_BY(mutex_);  // null once finished
  std::vector<SharePtr> shares_ ABSL_GUARDED_BY(mutex_);           // by loop; null: none yet
  // By loop: what was handed in, which the keys point to, and the loop's copy.
  std::vector<absl::flat_hash_map<
      const Access*, std::pair<std::shared_ptr<const Access>, std::shared_ptr<const Access>>>>
      copies_ ABSL_GUARDED_BY(mutex_);
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool canceled_ ABSL_GUARDED_BY(mutex_) = false;
  absl::optional<TerminalSize> size_ ABSL_GUARDED_BY(mutex_);
  absl::optional<std::string> stopped_ ABSL_GUARDED_BY(mutex_);  // StopStarting's message
};

void RunHandleImpl::Add(std::vector<Host> hosts) {
  std::vector<std::vector<Host>> dealt(loops_.size());
  std::vector<size_t> turns;
  for (Host& host : hosts) {
    turns.push_back(LoopOf(host));
    dealt[turns.back()].push_back(std::move(host));
  }
  MutexLock lock(&mutex_);
  if (observer_ == nullptr) return;
  for (size_t i = 0; i < loops_.size(); ++i) {
    if (!dealt[i].empty()) AddTo(i, std::move(dealt[i]));
  }
  limit_->Enqueue(turns);
}

void RunHandleImpl::AddTo(size_t index, std::vector<Host> hosts) {
  const std::shared_ptr<LoopThread> loop = loops_[index].lock();
  if (loop == nullptr) return;
  if (shares_[index] == nullptr) shares_[index] = Begin(index, loop.get());
  GiveCopies(index, &hosts);
  loop->Tell(shares_[index],
             [hosts = std::move(hosts)](RunOnLoop& run) mutable { run.Add(std::move(hosts)); });
}

void RunHandleImpl::GiveCopies(size_t loop, std::vector<Host>* hosts) {
  std::pair<std::shared_ptr<const Access>, std::shared_ptr<const Access>>* last = nullptr;
  for (Host& host : *hosts) {
    if (last == nullptr || last->first != host.access) last = &copies_[loop][host.access.get()];
    auto& [access, copy] = *last;
    if (copy == nullptr) {
      access = host.access;
      copy = CopyOf(*access);
    }
    host.access = copy;
  }
}

SharePtr RunHandleImpl::Begin(size_t index, LoopThread* loop) {
  LoopThread::Order order;
  order.job = job_;
  order.observer = observer_;
  order.limit = limit_;
  SharePtr share = loop->Start(std::move(order));
  limit_->AddLoop(index, [share, loop = loops_[index],
                          limit = std::weak_ptr<InFlightLimit>(limit_)](uint32_t hosts) {
    if (const auto thread = loop.lock()) thread->Permit(share, limit.lock(), hosts);
  });
  if (!paused_ && !canceled_ && !stopped_ && !size_) return share;
  loop->Tell(share, [paused = paused_, canceled = canceled_, stopped = stopped_,
                     size = size_](RunOnLoop& run) {
    if (size) run.ResizeTerminals(*size);
    if (canceled) run.Cancel();
    if (stopped) run.StopStarting(*stopped);
    run.SetPaused(paused);
  });
  return share;
}

void RunHandleImpl::TellAll(const std::function<void(RunOnLoop&)>& action) {
  for (size_t i = 0; i < loops_.size(); ++i) {
    if (shares_[i] == nullptr) continue;
    if (const auto loop = loops_[i].lock()) loop->Tell(shares_[i], action);
  }
}

void RunHandleImpl::Finish() {
  MutexLock lock(&mutex_);
  if (observer_ == nullptr) return;
  observer_ = nullptr;
  TellAll([](RunOnLoop& run) { run.Finish(); });
}

void RunHandleImpl::Cancel() {
  MutexLock lock(&mutex_);
  canceled_ = true;
  TellAll([](RunOnLoop& run) { run.Cancel(); });
}

void RunHandleImpl::StopStarting(std::string message) {
  MutexLock lock(&mutex_);
  stopped_ = std::move(message);
  TellAll([message = *stopped_](RunOnLoop& run) { run.StopStarting(message); });
}

void RunHandleImpl::SetPaused(bool paused) {
  MutexLock lock(&mutex_);
  paused_ = paused;
  TellAll([paused](RunOnLoop& run) { run.SetPaused(paused); });
}

void RunHandleImpl::ResizeTerminals(TerminalSize size) {
  MutexLock lock(&mutex_);
  size_ = size;
  TellAll([size](RunOnLoop& run) { run.ResizeTerminals(size); });
}

class EngineImpl final : public Engine {
 public:
  EngineImpl()
      : helpers_(std::make_unique<HelperPool>(kHelperThreads)),
        computers_(std::make_unique<HelperPool>(UsableCores(), kComputingNiceness)),
        kerberos_(std::make_unique<HelperPool>(kKerberosThreads)) {}
  ~EngineImpl() override;

  absl::Status StartLoops(const EngineOptions& options);
  std::shared_ptr<RunHandle> Start(Job job, std::shared_ptr<RunObserver> observer) override {
    return std::make_shared<RunHandleImpl>(std::move(job), std::move(observer),
                                           RunHandleImpl::Loops(loops_.begin(), loops_.end()));
  }
  void SetReading(bool reading) override {
    reading_ = reading;
    if (!reading) return;
    for (const std::shared_ptr<LoopThread>& loop : loops_) loop->ResumeReading();
  }

 private:
  std::atomic<bool> reading_{true};
  std::unique_ptr<HelperPool> helpers_;
  std::unique_ptr<HelperPool> computers_;
  std::unique_ptr<HelperPool> kerberos_;
  SystemLookup lookup_;
  std::vector<std::shared_ptr<LoopThread>> loops_;
};

// Hosts first: they let go of agents, for which helper threads may wait. Then the helpers, which
// post to the loops. The loops last.
EngineImpl::~EngineImpl() {
  for (const std::shared_ptr<LoopThread>& loop : loops_) loop->Abandon();
  helpers_.reset();
  computers_.reset();
  kerberos_.reset();
  loops_.clear();
}

absl::Status EngineImpl::StartLoops(const EngineOptions& options) {
  const int count = options.loops > 0 ? options.loops : UsableCores();
  SessionLimits limits;
  limits.max_sessions = std::max<size_t>(1, options.max_sessions / count);
  limits.max_idle = options.session_idle;
  limits.max_age = options.session_max_age;
  const HelperPools pools = {helpers_.get(), computers_.get(), kerberos_.get()};
  for (int i = 0; i < count; ++i) {
    absl::StatusOr<std::shared_ptr<LoopThread>> loop =
        LoopThread::Create(i, pools, &lookup_, limits, &reading_);
    if (!loop.ok()) return loop.status();
    loops_.push_back(*std::move(loop));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> NewEngine(const EngineOptions& options) {
  auto engine = std::make_unique<EngineImpl>();
  const absl::Status status = engine->StartLoops(options);
  if (!status.ok()) return status;
  return engine;
}

}  // namespace muster::engine
