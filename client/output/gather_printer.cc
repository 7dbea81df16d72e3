#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/output/foreign_printers.h"
#include "client/text/outcome_text.h"
#include "proto/nodeset/node_set.h"

namespace muster::client {

std::string GatheredBlock(const std::vector<std::string>& hosts, absl::string_view text,
                          const ForeignLook& look) {
  const bool dshbak = look.program == ForeignLook::Program::kDshbak;
  const std::string names = FoldNodeSet(hosts);
  std::string block;
  if (look.lines) {
    for (const absl::string_view line : absl::StrSplit(absl::StripSuffix(text, "\n"), '\n')) {
      absl::StrAppend(&block, look.label ? names + ": " : "", line, "\n");
    }
    return block;
  }
  const std::string rule(dshbak ? 16 : 15, '-');
  const bool count = !dshbak && !look.quiet && hosts.size() > 1;
  if (look.label) {
    absl::StrAppend(&block, rule, "\n", names, count ? absl::StrCat(" (", hosts.size(), ")") : "",
                    "\n", rule, "\n");
  }
  absl::StrAppend(&block, absl::StripSuffix(text, "\n"), "\n");
  return block;
}

namespace {

// Holds the output of all hosts.
class GatherPrinter final : public Printer {
 public:
  GatherPrinter(OutputWriter* writer, const ForeignLook& look, const LineFormat& format)
      : writer_(writer), look_(look), lines_(NewLinePrinter(writer, format)) {}

  void OnEvent(const v1::Event& event, const RunView& view) override {
    if (event.has_output()) {
      const v1::HostOutput& output = event.output();
      const bool error = output.stream() == v1::OUTPUT_STREAM_STDERR;
      const bool gathers = !error || look_.gather_errors;
      if (gathers) texts_[output.host_index()].append(output.data());
      if (!gathers || look_.verbose) lines_->OnEvent(event, view);
    }
    if (event.has_host_finished()) {
      const v1::HostOutcome& outcome = event.host_finished().outcome();
      codes_[event.host_finished().host_index()] = ExitStatusOf(outcome);
    }
  }

  // By exit code, then the most hosts first, as clush does.
  void OnEnd(const RunView& view) override {
    lines_->OnEnd(view);
    std::map<std::pair<uint32_t, std::string>, std::vector<std::string>> alike;
    for (const auto& [host, text] : texts_) {
      alike[{codes_[host], text}].push_back(view.LabelOf(host));
    }
    using Group = std::pair<const std::pair<uint32_t, std::string>, std::vector<std::string>>;
    std::vector<const Group*> groups;
    for (const Group& group : alike) groups.push_back(&group);
    std::stable_sort(groups.begin(), groups.end(), [](const Group* a, const Group* b) {
      if (a->first.first != b->first.first) return a->first.first < b->first.first;
      if (a->second.size() != b->second.size()) return a->second.size() > b->second.size();
      return a->second < b->second;
    });
    for (const Group* group : groups) {
      writer_->To(1)->append(GatheredBlock(group->second, group->first.second, look_));
    }
    texts_.clear();
  }

 private:
  OutputWriter* const writer_;
  const ForeignLook look_;
  const std::unique_ptr<Printer> lines_;
  std::map<uint32_t, std::string> texts_;
  std::map<uint32_t, uint32_t> codes_;
};

}  // namespace

std::unique_ptr<Printer> NewGatherPrinter(OutputWriter* writer, const ForeignLook& look,
                                          const LineFormat& format) {
  return std::make_unique<GatherPrinter>(writer, look, format);
}

}  // namespace muster::client
