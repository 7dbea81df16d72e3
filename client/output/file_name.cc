#include "client/output/file_name.h"

#include "absl/strings/str_cat.h"

namespace muster::client {
namespace {

constexpr size_t kMaxBytes = 200;  // file systems give 255

std::string Plain(absl::string_view host) {
  std::string name(host.substr(0, kMaxBytes));
  for (char& c : name) {
    if (c == '/' || c <= ' ' || c >= 0x7f) c = '_';
  }
  if (name.empty()) return "_";
  if (name.front() == '.' || name.front() == '-') name.front() = '_';
  return name;
}

}  // namespace

std::string FileNames::NameFor(absl::string_view host, uint32_t host_index) {
  std::string name = Plain(host);
  while (taken_.contains(name) || taken_.contains(name + ".err")) {
    absl::StrAppend(&name, "~", host_index);
  }
  taken_.insert(name);
  taken_.insert(name + ".err");
  return name;
}

}  // namespace muster::client
