#include "client/output/log_tail.h"

#include <algorithm>
#include <string>
#include <utility>

namespace muster::client {

size_t LogTail::CutOf(const v1::HostOutput& output, Host* host) const {
  const std::string& data = output.data();
  bool& open = host->open[output.stream() == v1::OUTPUT_STREAM_STDERR];
  // The last line goes on in one that is counted already.
  bool counted = open && output.split();
  size_t begin = data.size();
  while (begin > 0 && (counted || host->lines < lines_)) {
    const size_t end = begin >= 2 ? data.rfind('\n', begin - 2) : std::string::npos;
    begin = end == std::string::npos ? 0 : end + 1;
    if (!std::exchange(counted, false)) ++host->lines;
  }
  open = begin == 0 && !pieces_;
  return begin;
}

void LogTail::Take(v1::Event event) {
  if (!event.has_output()) return;
  Host& host = by_host_[event.output().host_index()];
  if (IsFull(host)) return;
  v1::HostOutput* const output = event.mutable_output();
  const size_t cut = CutOf(*output, &host);
  if (IsFull(host)) ++full_hosts_;
  if (cut == output->data().size()) return;
  output->mutable_data()->erase(0, cut);
  events_.push_back(std::move(event));
}

std::vector<v1::Event> LogTail::TakeOut() {
  std::reverse(events_.begin(), events_.end());
  for (v1::Event& event : events_) {
    v1::HostOutput* const output = event.mutable_output();
    if (!pieces_ || output->data().back() == '\n') continue;
    output->mutable_data()->push_back('\n');
    output->set_split(false);
  }
  return std::move(events_);
}

}  // namespace muster::client
