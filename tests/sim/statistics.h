// What a simulator has done.
#ifndef TESTS_SIM_STATISTICS_H_
#define TESTS_SIM_STATISTICS_H_

#include <atomic>
#include <cstdint>
#include <string>

namespace muster::sim {

// Counted by all threads.
struct Statistics {
  std::atomic<uint64_t> connections{0};
  std::atomic<uint64_t> live{0};
  std::atomic<uint64_t> peak_live{0};
  std::atomic<uint64_t> throttled{0};   // connections closed before the banner
  std::atomic<uint64_t> handshakes{0};  // first key exchanges
  std::atomic<uint64_t> logins{0};
  std::atomic<uint64_t> commands{0};
  std::atomic<uint64_t> output_bytes{0};  // of commands
  std::atomic<uint64_t> sent_bytes{0};    // over TCP

  void Connected() {
    ++connections;
    const uint64_t now = ++live;
    uint64_t peak = peak_live;
    while (now > peak && !peak_live.compare_exchange_weak(peak, now)) {
    }
  }

  // One line of JSON, with the process's own CPU time and memory.
  std::string Json() const;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_STATISTICS_H_
