// The simulator's main: threads, signals, the files of the fleet.
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ssh_engine/loop/epoll_loop.h"
#include "tests/sim/fleet_folder.h"
#include "tests/sim/listener.h"
#include "tests/sim/options.h"
#include "tests/sim/server.h"

namespace muster::sim {
namespace {

using Loops = std::vector<std::unique_ptr<engine::EpollLoop>>;

void RaiseDescriptorLimit() {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Before any thread is made: they inherit the mask.
UniqueFd TakeSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, number);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return UniqueFd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

// Whole lines, at once: somebody waits for them.
void PrintLine(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

void OnSignal(int signals, const Statistics& statistics, engine::EpollLoop* loop) {
  signalfd_siginfo info = {};
  while (read(signals, &info, sizeof(info)) == sizeof(info)) {
    if (info.ssi_signo != SIGUSR1) return loop->Stop();
    PrintLine(statistics.Json());
  }
}

// A thread of its own: what the input is (a file, /dev/null) epoll might not know.
void StopAtEndOfInput(engine::EpollLoop* loop) {
  std::thread([loop] {
    char ignored[4096];
    while (read(STDIN_FILENO, ignored, sizeof(ignored)) > 0) {
    }
    loop->Stop();
  }).detach();
}

// Serves until the loop is stopped.
void Serve(engine::EpollLoop* loop, UniqueFd listener, const World& world) {
  std::unique_ptr<Server> server;
  loop->Post([&] { server = std::make_unique<Server>(loop, std::move(listener), world); });
  loop->Run();
  server.reset();
}

absl::StatusOr<Loops> MakeLoops(int count) {
  Loops loops;
  for (int i = 0; i < count; ++i) {
    absl::StatusOr<std::unique_ptr<engine::EpollLoop>> loop = engine::EpollLoop::Create();
    if (!loop.ok()) return loop.status();
    loops.push_back(*std::move(loop));
  }
  return loops;
}

// The first loop is this thread's, and has the signals.
void ServeAll(const Loops& loops, Listeners listeners, const World& world, int signals) {
  engine::EpollLoop* const first = loops.front().get();
  std::vector<std::thread> threads;
  for (size_t i = 1; i < loops.size(); ++i) {
    threads.emplace_back(Serve, loops[i].get(), std::move(listeners.sockets[i]), world);
  }
  const auto watch =
      first->Watch(signals, muster::engine::Priority::kNormal,
                   [&](engine::Readiness) { OnSignal(signals, *world.statistics, first); });
  watch->SetInterest(true, false);
  StopAtEndOfInput(first);
  Serve(first, std::move(listeners.sockets.front()), world);
  for (size_t i = 1; i < loops.size(); ++i) loops[i]->Stop();
  for (std::thread& thread : threads) thread.join();
}

HostKeys MakeHostKeys(const Options& options) {
  return options.key_for_each ? HostKeys(options.seed, options.addresses) : HostKeys(options.seed);
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "sim_fleet: %s\n", std::string(status.message()).c_str());
  return 1;
}

int Run(const Options& options) {
  RaiseDescriptorLimit();
  const UniqueFd signals = TakeSignals();
  absl::StatusOr<Listeners> listeners = Listen(options.port, options.threads, options.backlog);
  if (!listeners.ok()) return Fail(listeners.status());
  const HostKeys host_keys = MakeHostKeys(options);
  const absl::Status folder = WriteFleetFolder(
      {options.folder, options.addresses, listeners->port, options.key_for_each}, host_keys);
  if (!folder.ok()) return Fail(folder);
  const absl::StatusOr<Loops> loops = MakeLoops(options.threads);
  if (!loops.ok()) return Fail(loops.status());
  PrintLine("ready: " + std::to_string(options.addresses.size()) + " hosts, port " +
            std::to_string(listeners->port) + ", user " + kUser);
  Statistics statistics;
  ServeAll(*loops, *std::move(listeners), {&options.rules, &host_keys, &statistics, options.verify},
           signals.get());
  PrintLine(statistics.Json());
  std::fflush(nullptr);
  _exit(0);  // the thread that reads the input may still be at it
}

}  // namespace
}  // namespace muster::sim

int main(int argc, char** argv) {
  const muster::sim::ParsedOptions parsed = muster::sim::ParseOptions(argc, argv);
  if (parsed.run) return muster::sim::Run(parsed.options);
  std::fputs(parsed.text.c_str(), parsed.exit_code == 0 ? stdout : stderr);
  return parsed.exit_code;
}
