#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/output/printer.h"
#include "client/text/outcome_text.h"
#include "proto/contract/visible_text.h"
#include "proto/nodeset/node_set.h"

namespace muster::client {
namespace {

// Holds the output of the hosts that run, and each finished one once.
class FoldPrinter final : public Printer {
 public:
  FoldPrinter(OutputWriter* writer, bool colour) : writer_(writer), colour_(colour) {}
  void OnEvent(const v1::Event& event, const RunView& view) override;
  void OnGroup(const v1::OutputGroup& group, const RunView& view) override;
  void OnGroupsLost() override { groups_.clear(); }
  void OnEnd(const RunView& view) override;

 private:
  struct Fold {
    std::string outcome;
    std::string out;
    std::string err;
    uint64_t missing = 0;  // bytes of each host that are only in the log
    std::vector<std::string> names;
  };
  // Pieces of both streams, told apart: what came on which is part of being the same.
  void Gather(const v1::HostOutput& output);
  void Close(const v1::HostFinished& finished, const RunView& view);
  static Fold FoldOf(const std::string& key, const std::vector<std::string>& names);
  void Print(const Fold& fold);
  void PrintLines(absl::string_view text, absl::string_view prefix);

  OutputWriter* const writer_;
  const bool colour_;
  absl::flat_hash_map<uint32_t, std::pair<std::string, std::string>> running_;
  absl::flat_hash_map<std::string, std::vector<std::string>> folds_;
  std::map<uint32_t, Fold> groups_;  // as the daemon numbers them
};

void FoldPrinter::OnEvent(const v1::Event& event, const RunView& view) {
  if (event.has_output()) Gather(event.output());
  if (event.has_host_finished()) Close(event.host_finished(), view);
}

void FoldPrinter::Gather(const v1::HostOutput& output) {
  auto& streams = running_[output.host_index()];
  (output.stream() == v1::OUTPUT_STREAM_STDERR ? streams.second : streams.first)
      .append(output.data());
}

// The key: outcome, NUL, length of stdout, NUL, stdout, stderr.
void FoldPrinter::Close(const v1::HostFinished& finished, const RunView& view) {
  const auto it = running_.find(finished.host_index());
  std::pair<std::string, std::string> streams;
  if (it != running_.end()) {
    streams = std::move(it->second);
    running_.erase(it);
  }
  const absl::string_view zero("\0", 1);
  const std::string key = absl::StrCat(ShortOutcome(finished.outcome()), zero, streams.first.size(),
                                       zero, streams.first, streams.second);
  folds_[key].push_back(view.LabelOf(finished.host_index()));
}

FoldPrinter::Fold FoldPrinter::FoldOf(const std::string& key,
                                      const std::vector<std::string>& names) {
  const size_t first = key.find('\0');
  const size_t second = key.find('\0', first + 1);
  const size_t size = std::stoul(key.substr(first + 1, second - first - 1));
  return {key.substr(0, first), key.substr(second + 1, size), key.substr(second + 1 + size), 0,
          names};
}

void FoldPrinter::OnGroup(const v1::OutputGroup& group, const RunView& view) {
  Fold& fold = groups_[group.group()];
  if (fold.names.empty()) {
    fold.outcome = ShortOutcome(group.outcome());
    fold.out = group.stdout();
    fold.err = group.stderr();
    fold.missing = group.stdout_bytes() + group.stderr_bytes();
    fold.missing -= std::min<uint64_t>(fold.missing, fold.out.size() + fold.err.size());
  }
  for (const v1::HostRange& range : group.hosts()) {
    for (uint32_t host = range.first(); host <= range.last(); ++host) {
      fold.names.push_back(view.LabelOf(host));
    }
  }
}

void FoldPrinter::OnEnd(const RunView&) {
  std::vector<Fold> folds;
  for (const auto& fold : folds_) folds.push_back(FoldOf(fold.first, fold.second));
  for (auto& group : groups_) folds.push_back(std::move(group.second));
  std::sort(folds.begin(), folds.end(), [](const Fold& a, const Fold& b) {
    if (a.names.size() != b.names.size()) return a.names.size() > b.names.size();
    return a.names < b.names;
  });
  for (const Fold& fold : folds) Print(fold);
}

void FoldPrinter::Print(const Fold& fold) {
  absl::StrAppend(writer_->To(1), colour_ ? "\x1b[1m" : "", "== ", FoldNodeSet(fold.names), " (",
                  fold.names.size(), fold.names.size() == 1 ? " host" : " hosts",
                  "): ", fold.outcome, " ==", colour_ ? "\x1b[0m" : "", "\n");
  PrintLines(fold.out, "");
  PrintLines(fold.err, "[err] ");
  if (fold.missing > 0) {
    absl::StrAppend(writer_->To(2), "muster: ", fold.missing, " bytes more of each: muster logs\n");
  }
}

void FoldPrinter::PrintLines(absl::string_view text, absl::string_view prefix) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string* to = writer_->To(1);
    absl::StrAppend(to, prefix);
    if (writer_->terminal(1)) {
      absl::string_view line = text.substr(0, end);
      absl::ConsumeSuffix(&line, "\r");  // as a terminal would end it
      AppendVisible(line, to);
    } else {
      absl::StrAppend(to, text.substr(0, end));
    }
    to->push_back('\n');
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

std::unique_ptr<Printer> NewFoldPrinter(OutputWriter* writer, bool colour) {
  return std::make_unique<FoldPrinter>(writer, colour);
}

}  // namespace muster::client
