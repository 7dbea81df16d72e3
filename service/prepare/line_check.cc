#include "service/prepare/line_check.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "proto/contract/limits.h"
#include "ssh_engine/base/shell_word.h"

namespace muster::service {
namespace {

constexpr size_t kAroundBecome = 2048;  // what Becoming has around a line, at most

size_t BytesWithin(const v1::RunSpec& spec, absl::string_view text) {
  return spec.has_become() ? engine::QuotedWord(text).size() : text.size();
}

absl::Status CheckHostLine(const v1::RunSpec& spec, const PerHost& differing,
                           const v1::RunHost& host, uint32_t index, size_t longest) {
  const absl::Status known = CheckHost(spec, differing, host, index);
  if (!known.ok()) return known;
  const size_t all = longest + BytesWithin(spec, HostPrefix(differing, host, index));
  if (all <= kMaxCommandBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("targets.hosts: the command has ", all,
                                                 " bytes with the variables of ", host.name(),
                                                 "; at most ", kMaxCommandBytes));
}

}  // namespace

size_t BytesSent(const v1::RunSpec& spec, absl::string_view line) {
  return BytesWithin(spec, line) + (spec.has_become() ? kAroundBecome : 0);
}

absl::Status CheckLines(const v1::RunSpec& spec, const PerHost& differing,
                        const std::vector<v1::RunHost>& hosts, size_t longest) {
  if (longest > kMaxCommandBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("command: ", longest,
                     " bytes with what makes it run as another user; at most ", kMaxCommandBytes));
  }
  for (uint32_t i = 0; i < hosts.size(); ++i) {
    if (differing.placeholders.empty() && !hosts[i].has_variables()) continue;
    const absl::Status fits = CheckHostLine(spec, differing, hosts[i], i, longest);
    if (!fits.ok()) return fits;
  }
  return absl::OkStatus();
}

}  // namespace muster::service
