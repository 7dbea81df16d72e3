#include "ssh_engine/action/line_assembler.h"

#include <string.h>

#include <algorithm>

namespace muster::engine {
namespace {

// Capacity that an idle stream may keep; a longer held line gives its memory back when it is out.
constexpr size_t kKeptCapacity = 4096;

// How many of the first `length` bytes are whole lines.
size_t WholeLines(absl::string_view bytes, size_t length) {
  if (length == 0) return 0;
  const void* newline = memrchr(bytes.data(), '\n', length);
  return newline == nullptr ? 0 : static_cast<const char*>(newline) - bytes.data() + 1;
}

}  // namespace

LineAssembler::LineAssembler(size_t max_line) : max_line_(std::max<size_t>(max_line, 1)) {}

void LineAssembler::Append(absl::string_view bytes, Sink sink) {
  if (!held_.empty()) bytes = CompleteHeld(bytes, sink);
  size_t ready = 0;  // the bytes before it are whole lines, not given out yet
  // A line may be too long only where more than the limit is left. Each byte is searched at most
  // twice.
  while (bytes.size() - ready > max_line_) {
    const size_t whole = WholeLines(bytes.substr(ready), max_line_);
    ready += whole == 0 ? max_line_ : whole;
    if (whole != 0) continue;
    sink({bytes.substr(0, ready), /*unterminated=*/false, /*split=*/true});
    bytes.remove_prefix(ready);
    ready = 0;
  }
  ready += WholeLines(bytes.substr(ready), bytes.size() - ready);
  if (ready != 0) sink({bytes.substr(0, ready)});
  held_.append(bytes.data() + ready, bytes.size() - ready);
}

absl::string_view LineAssembler::CompleteHeld(absl::string_view bytes, Sink sink) {
  const size_t room = max_line_ - held_.size();
  const size_t newline = bytes.substr(0, room).find('\n');
  const bool ends = newline != absl::string_view::npos;
  const size_t taken = ends ? newline + 1 : std::min(room, bytes.size());
  held_.append(bytes.data(), taken);
  bytes.remove_prefix(taken);
  // A line of exactly the limit stays held: only the next byte tells that it goes on.
  if (ends || !bytes.empty()) GiveHeld(sink, /*unterminated=*/false, /*split=*/!ends);
  return bytes;
}

void LineAssembler::GivePart(Sink sink) {
  if (!held_.empty()) GiveHeld(sink, /*unterminated=*/false, /*split=*/true);
}

void LineAssembler::Finish(Sink sink) {
  if (!held_.empty()) GiveHeld(sink, /*unterminated=*/true, /*split=*/false);
}

void LineAssembler::GiveHeld(Sink sink, bool unterminated, bool split) {
  sink({held_, unterminated, split});
  held_.clear();
  if (held_.capacity() > kKeptCapacity) held_.shrink_to_fit();
}

}  // namespace muster::engine
