#include "service/artifacts/artifact_name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/limits.h"

namespace muster::service {
namespace {

bool IsPlain(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
}

}  // namespace

std::string ProblemOfArtifactName(absl::string_view name) {
  if (name.empty()) return "it is missing; name an artifact";
  if (name.size() > kMaxArtifactNameBytes) {
    return absl::StrCat(name.size(), " bytes; at most ", kMaxArtifactNameBytes);
  }
  if (name.front() != '.' && std::all_of(name.begin(), name.end(), IsPlain)) return "";
  return absl::StrCat("\"", name,
                      "\"; a name has letters, digits, '.', '_' and '-', and does not begin "
                      "with '.'");
}

}  // namespace muster::service
