#include "service/api/call_queue.h"

#include <algorithm>
#include <utility>

namespace muster::service {

std::vector<Call> CallQueue::Push(Call call) {
  call.bytes = std::max(call.bytes, kLeastBytes);
  bytes_ += call.bytes;
  Line& line = LineOf(call.caller);
  line.bytes += call.bytes;
  line.calls.push_back(std::move(call));
  std::vector<Call> refused;
  while (bytes_ > max_bytes_) refused.push_back(TakeNewestOfLongest());
  return refused;
}

CallQueue::Line& CallQueue::LineOf(const std::string& caller) {
  const auto line = std::find_if(lines_.begin(), lines_.end(), [&](const Line& other) {
    return other.calls.front().caller == caller;
  });
  return line != lines_.end() ? *line : lines_.emplace_back();
}

Call CallQueue::TakeNewestOfLongest() {
  const auto longest = std::max_element(
      lines_.begin(), lines_.end(), [](const Line& a, const Line& b) { return a.bytes < b.bytes; });
  Call call = std::move(longest->calls.back());
  longest->calls.pop_back();
  longest->bytes -= call.bytes;
  bytes_ -= call.bytes;
  if (longest->calls.empty()) lines_.erase(longest);
  return call;
}

Call CallQueue::Pop() {
  Line line = std::move(lines_.front());
  lines_.pop_front();
  Call call = std::move(line.calls.front());
  line.calls.pop_front();
  line.bytes -= call.bytes;
  bytes_ -= call.bytes;
  if (!line.calls.empty()) lines_.push_back(std::move(line));
  return call;
}

}  // namespace muster::service
