#include <algorithm>
#include <functional>
#include <iterator>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/printer.h"
#include "client/visible_text.h"

namespace muster::client {
namespace {

constexpr size_t kMaxHeldLine = size_t{16} << 20;
constexpr char kReset[] = "\x1b[0m";
constexpr char kRed[] = "\x1b[31m";
// Those that are readable on light and dark ground; red is for errors.
constexpr int kColours[] = {32, 33, 34, 35, 36, 92, 94, 95, 96};

class LinePrinter final : public Printer {
 public:
  LinePrinter(OutputWriter* writer, bool colour) : writer_(writer), colour_(colour) {}

  void OnEvent(const v1::Event& event, const RunView& view) override;
  void OnEnd(const RunView& view) override;

 private:
  using HeldKey = std::pair<uint32_t, int>;  // a host and its stream

  void PrintOutput(const v1::HostOutput& output, const std::string& prefix, int fd);
  void PrintLine(absl::string_view line, const std::string& prefix, int fd);
  void PrintOmitted(const v1::OutputOmitted& omitted, const RunView& view);
  const std::string& PrefixOf(uint32_t host_index, int fd, const RunView& view);
  std::string MakePrefix(const std::string& name, int fd) const;

  OutputWriter* const writer_;
  const bool colour_;
  absl::flat_hash_map<HeldKey, std::string> prefixes_;
  absl::flat_hash_map<HeldKey, std::string> held_;  // lines whose rest is to come
};

int DescriptorOf(v1::OutputStream stream) { return stream == v1::OUTPUT_STREAM_STDERR ? 2 : 1; }

void LinePrinter::OnEvent(const v1::Event& event, const RunView& view) {
  if (event.has_output()) {
    const v1::HostOutput& output = event.output();
    const int fd = DescriptorOf(output.stream());
    PrintOutput(output, PrefixOf(output.host_index(), fd, view), fd);
  } else if (event.has_output_omitted()) {
    PrintOmitted(event.output_omitted(), view);
  }
}

const std::string& LinePrinter::PrefixOf(uint32_t host_index, int fd, const RunView& view) {
  std::string& prefix = prefixes_[{host_index, fd}];
  if (prefix.empty()) prefix = MakePrefix(view.NameOf(host_index), fd);
  return prefix;
}

std::string LinePrinter::MakePrefix(const std::string& name, int fd) const {
  if (!colour_) return absl::StrCat(name, fd == 2 ? " [err]: " : ": ");
  const size_t hash = std::hash<std::string>()(name);
  const std::string shown =
      absl::StrCat("\x1b[", kColours[hash % std::size(kColours)], "m", name, kReset);
  return fd == 2 ? absl::StrCat(shown, " ", kRed, "[err]", kReset, ": ")
                 : absl::StrCat(shown, ": ");
}

void LinePrinter::PrintOutput(const v1::HostOutput& output, const std::string& prefix, int fd) {
  absl::string_view data = output.data();
  const auto held = held_.find({output.host_index(), fd});
  if (held != held_.end()) {
    const size_t end = data.find('\n');
    const size_t size = end == absl::string_view::npos ? data.size() : end;
    held->second.append(data.data(), size);
    data.remove_prefix(std::min(size + 1, data.size()));
    if (end == absl::string_view::npos && output.split() && held->second.size() < kMaxHeldLine) {
      return;
    }
    PrintLine(held->second, prefix, fd);
    held_.erase(held);
  }
  for (size_t end = data.find('\n'); end != absl::string_view::npos; end = data.find('\n')) {
    PrintLine(data.substr(0, end), prefix, fd);
    data.remove_prefix(end + 1);
  }
  if (data.empty()) return;
  if (output.split()) {
    held_[{output.host_index(), fd}] = std::string(data);
  } else {
    PrintLine(data, prefix, fd);
  }
}

void LinePrinter::PrintLine(absl::string_view line, const std::string& prefix, int fd) {
  std::string* to = writer_->To(fd);
  to->append(prefix);
  if (writer_->terminal(fd)) {
    // As a terminal would end the line.
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    AppendVisible(line, to);
  } else {
    to->append(line.data(), line.size());
  }
  to->push_back('\n');
}

void LinePrinter::PrintOmitted(const v1::OutputOmitted& omitted, const RunView& view) {
  absl::StrAppend(writer_->To(2), view.NameOf(omitted.host_index()), ": muster: ", omitted.bytes(),
                  " bytes of its ",
                  omitted.stream() == v1::OUTPUT_STREAM_STDERR ? "standard error" : "output",
                  " were left out here: an output limit was reached\n");
}

void LinePrinter::OnEnd(const RunView& view) {
  for (const auto& held : held_) {
    PrintLine(held.second, PrefixOf(held.first.first, held.first.second, view), held.first.second);
  }
}

}  // namespace

std::unique_ptr<Printer> NewLinePrinter(OutputWriter* writer, bool colour) {
  return std::make_unique<LinePrinter>(writer, colour);
}

}  // namespace muster::client
