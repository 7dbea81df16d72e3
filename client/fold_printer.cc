#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/nodeset/node_set.h"
#include "client/outcome_text.h"
#include "client/printer.h"
#include "client/visible_text.h"

namespace muster::client {
namespace {

// Holds the output of the hosts that run, and each finished one once.
class FoldPrinter final : public Printer {
 public:
  FoldPrinter(OutputWriter* writer, bool colour) : writer_(writer), colour_(colour) {}
  void OnEvent(const v1::Event& event, const RunView& view) override;
  void OnEnd(const RunView& view) override;

 private:
  struct Fold {
    std::string outcome;
    std::string output;
    std::vector<std::string> names;
  };
  // Pieces of both streams, told apart: what came on which is part of being the same.
  void Gather(const v1::HostOutput& output);
  void Close(const v1::HostFinished& finished, const RunView& view);
  void Print(const Fold& fold);

  OutputWriter* const writer_;
  const bool colour_;
  absl::flat_hash_map<uint32_t, std::pair<std::string, std::string>> running_;
  absl::flat_hash_map<std::string, std::vector<std::string>> folds_;
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
  folds_[key].push_back(view.NameOf(finished.host_index()));
}

void FoldPrinter::OnEnd(const RunView&) {
  std::vector<std::pair<const std::string, std::vector<std::string>>*> order;
  for (auto& fold : folds_) order.push_back(&fold);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    if (a->second.size() != b->second.size()) return a->second.size() > b->second.size();
    return a->second.front() < b->second.front();
  });
  for (const auto* fold : order) {
    const absl::string_view key = fold->first;
    const size_t first = key.find('\0');
    Print({std::string(key.substr(0, first)), std::string(key.substr(first + 1)), fold->second});
  }
}

void FoldPrinter::Print(const Fold& fold) {
  const absl::string_view all = fold.output;
  const size_t zero = all.find('\0');
  const size_t size = std::stoul(std::string(all.substr(0, zero)));
  const absl::string_view streams[] = {all.substr(zero + 1, size), all.substr(zero + 1 + size)};
  std::string* to = writer_->To(1);
  absl::StrAppend(to, colour_ ? "\x1b[1m" : "", "== ", FoldNodeSet(fold.names), " (",
                  fold.names.size(), fold.names.size() == 1 ? " host" : " hosts",
                  "): ", fold.outcome, " ==", colour_ ? "\x1b[0m" : "", "\n");
  for (int i = 0; i < 2; ++i) {
    absl::string_view rest = streams[i];
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      to = writer_->To(1);
      if (i == 1) absl::StrAppend(to, "[err] ");
      if (writer_->terminal(1)) {
        AppendVisible(rest.substr(0, end), to);
      } else {
        absl::StrAppend(to, rest.substr(0, end));
      }
      to->push_back('\n');
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

}  // namespace

std::unique_ptr<Printer> NewFoldPrinter(OutputWriter* writer, bool colour) {
  return std::make_unique<FoldPrinter>(writer, colour);
}

}  // namespace muster::client
