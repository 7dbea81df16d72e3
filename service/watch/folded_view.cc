#include "service/watch/folded_view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

// What the hosts of a group have in common. How the process of a stopped command ended is no
// difference.
std::string EndKey(const v1::HostOutcome& outcome) {
  std::string key = absl::StrCat(static_cast<int>(outcome.state()), " ",
                                 static_cast<int>(outcome.cause()), " ", outcome.end_confirmed());
  if (!outcome.exit_reported()) {
    absl::StrAppend(&key, " ", outcome.exit_code(), " ", outcome.exit_status(), " ",
                    outcome.signal().size(), " ", outcome.signal());
  }
  return key;
}

void AppendRanges(std::vector<uint32_t> hosts, v1::OutputGroup* group) {
  std::sort(hosts.begin(), hosts.end());
  for (const uint32_t host : hosts) {
    if (group->hosts_size() > 0) {
      v1::HostRange* range = group->mutable_hosts(group->hosts_size() - 1);
      if (range->last() + 1 == host) {
        range->set_last(host);
        continue;
      }
    }
    v1::HostRange* range = group->add_hosts();
    range->set_first(host);
    range->set_last(host);
  }
}

std::string TextOf(TextCursor* cursor) {
  const std::string text(cursor->has_text() ? cursor->text() : absl::string_view());
  *cursor = TextCursor();  // room for others
  return text;
}

}  // namespace

FoldedView::FoldedView(ViewFilter filter, TextBudget* texts)
    : filter_(std::move(filter)),
      beginnings_{std::make_shared<SharedText>(texts), std::make_shared<SharedText>(texts)} {}

absl::Status FoldedView::Add(absl::string_view block) {
  return ScanEvents(block, [this](const ScannedEvent& event) {
    if (event.is_output) {
      AddOutput(event);
    } else if (event.event.has_output_omitted()) {
      AddOmitted(event.event.output_omitted());
    } else if (event.event.has_host_finished()) {
      Finish(event.event.host_finished());
    }
  });
}

FoldedView::Outputs& FoldedView::OutputsOf(uint32_t host) {
  std::unique_ptr<Outputs>& outputs = running_[host];
  if (outputs == nullptr) {
    outputs = std::make_unique<Outputs>();
    for (int i = 0; i < kStreams; ++i) (*outputs)[i].text = TextCursor(beginnings_[i]);
  }
  return *outputs;
}

void FoldedView::AddOutput(const ScannedEvent& event) {
  if (!filter_.WantsHost(event.host_index)) return;
  Output& output =
      OutputsOf(event.host_index)[event.stream == v1::OUTPUT_STREAM_STDERR ? kStderr : kStdout];
  output.digest.Add(event.data);
  const size_t room = kMaxTextBytes - std::min<uint64_t>(output.bytes, kMaxTextBytes);
  output.bytes += event.data.size();
  if (room > 0) output.text.Append(event.data.substr(0, room));
}

void FoldedView::AddOmitted(const v1::OutputOmitted& omitted) {
  if (!filter_.WantsHost(omitted.host_index())) return;
  const Stream stream = omitted.stream() == v1::OUTPUT_STREAM_STDERR ? kStderr : kStdout;
  OutputsOf(omitted.host_index())[stream].omitted += omitted.bytes();
}

void FoldedView::Finish(const v1::HostFinished& finished) {
  const auto running = running_.find(finished.host_index());
  std::unique_ptr<Outputs> outputs = std::make_unique<Outputs>();
  if (running != running_.end()) {
    outputs = std::move(running->second);
    running_.erase(running);
  }
  if (!filter_.WantsHost(finished.host_index()) ||
      !filter_.WantsState(finished.outcome().state())) {
    return;
  }
  std::string key = EndKey(finished.outcome());
  for (Output& output : *outputs) {
    absl::StrAppend(&key, " ", output.bytes, " ", output.omitted, " ", output.digest.Finish());
  }
  const auto added = numbers_.try_emplace(std::move(key), groups_.size() + 1);
  if (added.second) groups_.push_back(NewGroup(finished.outcome(), outputs.get()));
  Group& group = groups_[added.first->second - 1];
  if (group.joined.empty()) changed_.push_back(added.first->second);
  group.joined.push_back(finished.host_index());
}

FoldedView::Group FoldedView::NewGroup(const v1::HostOutcome& outcome, Outputs* outputs) const {
  Group group;
  group.head = std::make_unique<v1::OutputGroup>();
  v1::HostOutcome* const end = group.head->mutable_outcome();
  *end = outcome;
  end->clear_timings();
  end->clear_attempts();
  end->clear_warm_session();
  if (outcome.exit_reported()) {  // not of all hosts of the group
    end->clear_exit_reported();
    end->clear_exit_code();
    end->clear_exit_status();
    end->clear_signal();
    end->clear_core_dumped();
  }
  const Output& out = (*outputs)[kStdout];
  const Output& err = (*outputs)[kStderr];
  group.head->set_stdout_bytes(out.bytes + out.omitted);
  group.head->set_stderr_bytes(err.bytes + err.omitted);
  for (int i = 0; i < kStreams; ++i) group.texts[i] = std::move((*outputs)[i].text);
  return group;
}

void FoldedView::Take(size_t max_bytes, v1::WatchRunResponse* response) {
  size_t bytes = 0;
  while (!changed_.empty() && bytes < max_bytes) {
    *response->add_groups() = TakeGroup(changed_.front());
    changed_.pop_front();
    bytes += response->groups(response->groups_size() - 1).ByteSizeLong();
  }
}

v1::OutputGroup FoldedView::TakeGroup(uint32_t number) {
  Group& group = groups_[number - 1];
  v1::OutputGroup message;
  if (group.head != nullptr) {
    message = std::move(*group.head);
    group.head = nullptr;
    message.set_stdout(TextOf(&group.texts[kStdout]));
    message.set_stderr(TextOf(&group.texts[kStderr]));
  }
  message.set_group(number);
  AppendRanges(std::exchange(group.joined, {}), &message);
  return message;
}

}  // namespace muster::service
