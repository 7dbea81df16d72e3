#include "client/commands/dshbak_command.h"

#include <errno.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/output/file_name.h"
#include "client/output/foreign_printers.h"
#include "client/output/terminal_text.h"
#include "client/text/outcome_text.h"
#include "proto/nodeset/node_set.h"
#include "proto/nodeset/target.h"

namespace muster::client {
namespace {

constexpr size_t kMostBytes = size_t{1} << 30;

absl::StatusOr<std::string> ReadInput() {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t size = read(STDIN_FILENO, buffer, sizeof(buffer));
    if (size == 0) return text;
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return absl::ErrnoToStatus(errno, "standard input cannot be read");
    text.append(buffer, static_cast<size_t>(size));
    if (text.size() > kMostBytes)
      return absl::OutOfRangeError("standard input has more than 1 GiB");
  }
}

// "host: text": false where there is none, or the host could not be one.
bool Split(absl::string_view line, std::string* host, absl::string_view* text) {
  const absl::string_view said = absl::StripLeadingAsciiWhitespace(line);
  const size_t colon = said.find(':');
  if (colon == said.npos) return false;
  const absl::string_view name = absl::StripTrailingAsciiWhitespace(said.substr(0, colon));
  if (name.empty() || name.find_first_of(" \t") != name.npos) return false;
  *host = std::string(name);
  *text = said.substr(colon + 1);
  if (absl::StartsWith(*text, " ")) text->remove_prefix(1);
  return true;
}

std::map<std::string, std::string> ByHost(absl::string_view input, size_t* left_out) {
  std::map<std::string, std::string> texts;
  for (const absl::string_view line : absl::StrSplit(input, '\n')) {
    std::string host;
    absl::string_view text;
    if (Split(line, &host, &text)) {
      absl::StrAppend(&texts[host], text, "\n");
    } else {
      *left_out += !line.empty();
    }
  }
  return texts;
}

// web2 before web10, where they are names of hosts.
std::vector<std::string> Ordered(const std::map<std::string, std::string>& texts) {
  std::vector<std::string> hosts;
  for (const auto& each : texts) hosts.push_back(each.first);
  const absl::StatusOr<std::vector<Target>> ordered = ParseNodeSet(absl::StrJoin(hosts, ","));
  if (!ordered.ok() || ordered->size() != hosts.size()) return hosts;
  hosts.clear();
  for (const Target& target : *ordered) hosts.push_back(FormatTarget(target));
  return hosts;
}

absl::Status WriteFiles(const std::map<std::string, std::string>& texts, const ForeignLook& look) {
  std::error_code error;
  if (look.make_folder) std::filesystem::create_directories(look.folder, error);
  if (!std::filesystem::is_directory(look.folder, error)) {
    return absl::NotFoundError(absl::StrCat("-d: ", look.folder, " is no folder; -f makes it"));
  }
  FileNames names;
  uint32_t index = 0;
  for (const auto& [host, text] : texts) {
    const std::string path = absl::StrCat(look.folder, "/", names.NameFor(host, index++));
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    if (!file.flush()) return absl::UnavailableError(absl::StrCat(path, " cannot be written"));
  }
  return absl::OkStatus();
}

void Print(std::map<std::string, std::string> texts, const ForeignLook& look,
           OutputWriter* output) {
  const std::vector<std::string> hosts = Ordered(texts);
  for (const std::string& host : hosts) {
    if (texts.count(host) == 0) continue;
    const std::string text = texts[host];
    std::vector<std::string> alike = {host};
    for (const auto& [other, said] : texts) {
      if (look.gather && other != host && said == text) alike.push_back(other);
    }
    for (const std::string& each : alike) texts.erase(each);
    output->To(1)->append(GatheredBlock(alike, text, look));
  }
}

}  // namespace

int DshbakCommand(const Options& options, OutputWriter* output) {
  const absl::StatusOr<std::string> input = ReadInput();
  if (!input.ok()) {
    Complain(input.status());
    return 1;
  }
  size_t left_out = 0;
  std::map<std::string, std::string> texts = ByHost(*input, &left_out);
  if (left_out > 0) {
    absl::StrAppend(output->To(2), "dshbak: ", left_out,
                    " lines are left out: they begin with no \"host: \"\n");
  }
  if (options.look.folder.empty()) {
    Print(std::move(texts), options.look, output);
    return kSuccess;
  }
  const absl::Status written = WriteFiles(texts, options.look);
  if (written.ok()) return kSuccess;
  Complain(written);
  return 1;
}

}  // namespace muster::client
