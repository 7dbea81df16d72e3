// Memory that connections share while they are busy, so that idle ones hold next to none.
#ifndef TESTS_SIM_BUFFERS_H_
#define TESTS_SIM_BUFFERS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace muster::sim {

// One for each thread.
class Buffers {
 public:
  static constexpr size_t kInputBytes = 256 * 1024;

  // For what was just read: whoever reads next overwrites it.
  char* input() { return input_.get(); }

  // An empty string with room.
  std::string Get() {
    if (free_.empty()) return {};
    std::string buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }
  void Put(std::string buffer) {
    if (free_.size() == kKept || buffer.capacity() > kLargest) return;
    buffer.clear();
    free_.push_back(std::move(buffer));
  }

 private:
  static constexpr size_t kKept = 64;
  static constexpr size_t kLargest = 512 * 1024;

  const std::unique_ptr<char[]> input_{new char[kInputBytes]};
  std::vector<std::string> free_;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_BUFFERS_H_
