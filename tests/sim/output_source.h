// What commands print: text that a reader can make anew and compare.
#ifndef TESTS_SIM_OUTPUT_SOURCE_H_
#define TESTS_SIM_OUTPUT_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "tests/sim/address.h"

namespace muster::sim {

constexpr uint64_t kEndless = std::numeric_limits<uint64_t>::max();

class OutputSource {
 public:
  virtual ~OutputSource() = default;
  virtual bool done() const = 0;
  // Appends the next bytes: `limit` of them, fewer only where the text ends.
  virtual void Append(size_t limit, std::string* out) = 0;
};

// The first `bytes` bytes of an endless text of 64-byte lines that is the address's own:
//
//   127.1.0.1 0000000001 abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP\n
//
// that is: the address, a space, the line's number from 1 in ten digits, a space, and as much of
// a-zA-Z as makes the line 64 bytes long with its line end. sim.py's expected_output makes the
// same.
class AddressLines final : public OutputSource {
 public:
  static constexpr size_t kLineBytes = 64;

  AddressLines(Address address, uint64_t bytes);
  bool done() const override { return left_ == 0; }
  void Append(size_t limit, std::string* out) override;

 private:
  void NextLine();

  uint64_t left_;  // kEndless: never counted down
  std::string line_;
  const size_t last_digit_;  // its place in line_
  size_t at_ = 0;            // of line_, what comes next
};

// "1\n2\n3\n", up to `count`: what seq(1) prints.
class Numbers final : public OutputSource {
 public:
  explicit Numbers(uint64_t count) : count_(count) {}
  bool done() const override { return next_ > count_ && rest_.empty(); }
  void Append(size_t limit, std::string* out) override;

 private:
  const uint64_t count_;
  uint64_t next_ = 1;
  std::string rest_;  // of a number that did not fit
};

class Literal final : public OutputSource {
 public:
  explicit Literal(std::string text) : text_(std::move(text)) {}
  bool done() const override { return at_ == text_.size(); }
  void Append(size_t limit, std::string* out) override;

 private:
  const std::string text_;
  size_t at_ = 0;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_OUTPUT_SOURCE_H_
