// What commands read from their standard input.
#ifndef SSH_ENGINE_INPUT_H_
#define SSH_ENGINE_INPUT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"

namespace muster::engine {

// A part of it. A value; `bytes` are part of `owner`.
struct InputPiece {
  std::shared_ptr<const std::string> owner;
  absl::string_view bytes;
  bool end = false;     // there is nothing after `bytes`
  std::string problem;  // not empty: it cannot be read any more, and why
};

// The input of one run: each host has one of its own, and its command reads all of it, at its own
// speed. Thread-safe; shared by the loops.
class InputSource {
 public:
  // The piece that was asked for; empty and without an end: to be asked again.
  using Later = absl::AnyInvocable<void(InputPiece)>;

  virtual ~InputSource() = default;
  // Some of what follows after the first `position` bytes for `host` (Host::index), at least one
  // byte or the end. Where that is not in memory or has not come yet: nothing, and `later` is
  // called once, from any thread, unless the same host asks again before. Never blocks.
  virtual InputPiece Read(uint32_t host, uint64_t position, Later later) = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_INPUT_H_
