#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "client/output/printer.h"
#include "client/text/columns.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

constexpr size_t kMaxHeldLine = size_t{16} << 20;
constexpr char kReset[] = "\x1b[0m";
constexpr char kRed[] = "\x1b[31m";
// Those that are readable on light and dark ground; red is for errors.
constexpr int kColours[] = {32, 33, 34, 35, 36, 92, 94, 95, 96};

class LinePrinter final : public Printer {
 public:
  LinePrinter(OutputWriter* writer, const LineFormat& format) : writer_(writer), format_(format) {}

  void OnEvent(const v1::Event& event, const RunView& view) override;
  void OnEnd(const RunView& view) override;

 private:
  using HeldKey = std::pair<uint32_t, int>;  // a host and its stream

  // A line that waits for the end of the run.
  struct SortedLine {
    int fd;
    std::string text;
  };

  void PrintOutput(const v1::HostOutput& output, const std::string& time, const RunView& view);
  void PrintLine(absl::string_view line, const std::string& head, const HeldKey& key);
  // What goes before each line.
  std::string HeadOf(const HeldKey& key, const std::string& time, const RunView& view);
  std::string* PlaceOf(const HeldKey& key);
  bool ShowsParts(const HeldKey& key) const {
    return format_.parts && !format_.sorted && writer_->terminal(key.second);
  }
  // Of those that are held, the one that changed last.
  void ShowPart(const HeldKey& key, const RunView& view);
  void HidePart(const HeldKey& key, const RunView& view);
  // Nothing more will come of it.
  void PrintHeld(const HeldKey& key, const std::string& time, const RunView& view);
  void PrintOmitted(const v1::OutputOmitted& omitted, const RunView& view);
  const std::string& PrefixOf(uint32_t host_index, int fd, const RunView& view);
  std::string MakePrefix(const std::string& name, int fd) const;

  OutputWriter* const writer_;
  const LineFormat format_;
  absl::flat_hash_map<HeldKey, std::string> prefixes_;
  absl::flat_hash_map<HeldKey, std::string> held_;      // lines whose rest is to come
  absl::optional<HeldKey> part_;                        // of them: the one that is shown
  std::map<uint32_t, std::vector<SortedLine>> sorted_;  // by the index of the host
};

// What a terminal shows of a line: what was before CR is written over, once something comes.
absl::string_view LastWritten(absl::string_view line) {
  const size_t end = line.find_last_not_of('\r') + 1;  // 0: there is nothing else
  const size_t before = end == 0 ? line.npos : line.rfind('\r', end - 1);
  const size_t begin = before == line.npos ? 0 : before + 1;
  return line.substr(begin, end - begin);
}

std::string TimeText(const v1::Event& event) {
  const absl::Time time =
      absl::FromUnixSeconds(event.time().seconds()) + absl::Nanoseconds(event.time().nanos());
  return absl::FormatTime("%Y-%m-%d %H:%M:%E3S ", time, absl::LocalTimeZone());
}

int DescriptorOf(v1::OutputStream stream) { return stream == v1::OUTPUT_STREAM_STDERR ? 2 : 1; }

void LinePrinter::OnEvent(const v1::Event& event, const RunView& view) {
  if (event.has_output()) {
    const v1::HostOutput& output = event.output();
    PrintOutput(output, format_.timestamps ? TimeText(event) : "", view);
  } else if (event.has_output_omitted()) {
    PrintOmitted(event.output_omitted(), view);
  } else if (event.has_host_finished()) {
    const std::string time = format_.timestamps ? TimeText(event) : "";
    for (const int fd : {1, 2}) PrintHeld({event.host_finished().host_index(), fd}, time, view);
  }
}

const std::string& LinePrinter::PrefixOf(uint32_t host_index, int fd, const RunView& view) {
  std::string& prefix = prefixes_[{host_index, fd}];
  if (prefix.empty()) prefix = MakePrefix(view.LabelOf(host_index), fd);
  return prefix;
}

std::string LinePrinter::MakePrefix(const std::string& name, int fd) const {
  const bool marked = fd == 2 && format_.marks_errors;
  if (!format_.colour) return absl::StrCat(name, marked ? " [err]: " : ": ");
  const size_t hash = std::hash<std::string>()(name);
  const std::string shown =
      absl::StrCat("\x1b[", kColours[hash % std::size(kColours)], "m", name, kReset);
  return marked ? absl::StrCat(shown, " ", kRed, "[err]", kReset, ": ") : absl::StrCat(shown, ": ");
}

void LinePrinter::PrintOutput(const v1::HostOutput& output, const std::string& time,
                              const RunView& view) {
  const HeldKey key(output.host_index(), DescriptorOf(output.stream()));
  const std::string head = HeadOf(key, time, view);
  absl::string_view data = output.data();
  const auto held = held_.find(key);
  if (held != held_.end()) {
    const size_t end = data.find('\n');
    const size_t size = end == absl::string_view::npos ? data.size() : end;
    held->second.append(data.data(), size);
    data.remove_prefix(std::min(size + 1, data.size()));
    if (end == absl::string_view::npos && output.split() && held->second.size() < kMaxHeldLine) {
      return ShowPart(key, view);
    }
    PrintLine(held->second, head, key);
    held_.erase(held);
    HidePart(key, view);
  }
  for (size_t end = data.find('\n'); end != absl::string_view::npos; end = data.find('\n')) {
    PrintLine(data.substr(0, end), head, key);
    data.remove_prefix(end + 1);
  }
  if (data.empty()) return;
  if (output.split()) {
    held_[key] = std::string(data);
    ShowPart(key, view);
  } else {
    PrintLine(data, head, key);
  }
}

void LinePrinter::ShowPart(const HeldKey& key, const RunView& view) {
  if (!ShowsParts(key)) return;
  std::string& line = held_[key];
  line.erase(0, LastWritten(line).data() - line.data());  // a progress bar has no end
  const std::string head =
      format_.prefix ? absl::StrCat(view.LabelOf(key.first), key.second == 2 ? " [err]: " : ": ")
                     : "";
  std::string shown;
  AppendVisible(LastWritten(line), &shown);
  // In the last column some terminals go to the next line.
  const size_t columns = std::max<size_t>(TerminalColumns(key.second), 2) - 1;
  writer_->ShowPart(key.second, CutToColumns(head + shown, columns));
  part_ = key;
}

void LinePrinter::HidePart(const HeldKey& key, const RunView& view) {
  if (part_ != key) return;
  part_.reset();
  writer_->ShowPart(key.second, "");
  if (!held_.empty()) ShowPart(HeldKey(held_.begin()->first), view);
}

void LinePrinter::PrintHeld(const HeldKey& key, const std::string& time, const RunView& view) {
  const auto held = held_.find(key);
  if (held == held_.end()) return;
  PrintLine(held->second, HeadOf(key, time, view), key);
  held_.erase(held);
  HidePart(key, view);
}

std::string* LinePrinter::PlaceOf(const HeldKey& key) {
  if (!format_.sorted) return writer_->To(key.second);
  std::vector<SortedLine>& lines = sorted_[key.first];
  if (lines.empty() || lines.back().fd != key.second) lines.push_back({key.second, ""});
  return &lines.back().text;
}

std::string LinePrinter::HeadOf(const HeldKey& key, const std::string& time, const RunView& view) {
  return format_.prefix ? time + PrefixOf(key.first, key.second, view) : time;
}

void LinePrinter::PrintLine(absl::string_view line, const std::string& head, const HeldKey& key) {
  std::string* to = PlaceOf(key);
  to->append(head);
  if (writer_->terminal(key.second)) {
    // As a terminal would end the line.
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    AppendVisible(ShowsParts(key) ? LastWritten(line) : line, to);
  } else {
    to->append(line.data(), line.size());
  }
  to->push_back('\n');
}

void LinePrinter::PrintOmitted(const v1::OutputOmitted& omitted, const RunView& view) {
  absl::StrAppend(writer_->To(2), view.LabelOf(omitted.host_index()), ": muster: ", omitted.bytes(),
                  " bytes of its ",
                  omitted.stream() == v1::OUTPUT_STREAM_STDERR ? "standard error" : "output",
                  " were left out here: an output limit was reached\n");
}

void LinePrinter::OnEnd(const RunView& view) {
  if (part_.has_value()) writer_->ShowPart(part_->second, "");
  part_.reset();
  for (const auto& held : held_) {
    PrintLine(held.second, HeadOf(held.first, "", view), held.first);
  }
  held_.clear();
  for (const auto& host : sorted_) {
    for (const SortedLine& line : host.second) writer_->To(line.fd)->append(line.text);
  }
  sorted_.clear();
}

}  // namespace

std::unique_ptr<Printer> NewLinePrinter(OutputWriter* writer, const LineFormat& format) {
  return std::make_unique<LinePrinter>(writer, format);
}

}  // namespace muster::client
