#include "ssh_engine/net/name_order.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace muster::engine {
namespace {

// nss-myhostname(8).
bool IsOwn(absl::string_view name, absl::string_view own_name) {
  return absl::EqualsIgnoreCase(name, own_name) || absl::EqualsIgnoreCase(name, "localhost") ||
         absl::EndsWithIgnoreCase(name, ".localhost") ||
         absl::EndsWithIgnoreCase(name, "localhost.localdomain") || name == "_gateway" ||
         name == "_outbound";
}

// The "minimal" ones of nss-mdns leave all names but those in .local to others.
bool IsMinimalMdns(absl::string_view source) {
  return absl::StartsWith(source, "mdns") && absl::EndsWith(source, "_minimal");
}

// Of a source that is neither files nor dns.
bool MayKnow(absl::string_view source, absl::string_view name, absl::string_view own_name) {
  absl::ConsumeSuffix(&name, ".");
  if (IsMinimalMdns(source)) return absl::EndsWithIgnoreCase(name, ".local");
  return source != "myhostname" || IsOwn(name, own_name);
}

}  // namespace

NameOrder NameOrder::Parse(absl::string_view nsswitch_conf) {
  NameOrder order;
  order.SetText("files dns");
  for (absl::string_view line : absl::StrSplit(nsswitch_conf, '\n')) {
    line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
    if (absl::ConsumePrefix(&line, "hosts:")) order.SetText(line);  // the last one counts
  }
  return order;
}

// "[!UNAVAIL=return]" may stand apart from the source that it belongs to, and have blanks in it.
void NameOrder::SetText(absl::string_view text) {
  text_ = std::string(absl::StripAsciiWhitespace(text));
  sources_.clear();
  absl::string_view rest = text_;
  while (!(rest = absl::StripLeadingAsciiWhitespace(rest)).empty()) {
    if (rest[0] == '[') {
      if (!sources_.empty()) sources_.back().has_actions = true;
      rest.remove_prefix(std::min(rest.find(']'), rest.size() - 1) + 1);
      continue;
    }
    const absl::string_view name = rest.substr(0, rest.find_first_of(" \t["));
    sources_.push_back({std::string(name)});
    rest.remove_prefix(name.size());
  }
}

NameOrder::System NameOrder::ForName(absl::string_view name, absl::string_view own_name) const {
  bool files = false;
  bool dns = false;
  System system = System::kNever;
  for (const Source& source : sources_) {
    if (source.name == "dns") {
      dns = true;
    } else if (source.name == "files") {
      if (dns || source.has_actions) return System::kInstead;
      files = true;
    } else if (MayKnow(source.name, name, own_name)) {
      if (!dns) return System::kInstead;
      system = System::kAfter;
    }
  }
  return files || dns ? system : System::kInstead;
}

}  // namespace muster::engine
