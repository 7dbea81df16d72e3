#include "client/options/secret_names.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace muster::client {
namespace {

constexpr absl::string_view kWithin[] = {"PASSWORD",   "PASSWD",    "PASSPHRASE", "TOKEN",
                                         "SECRET",     "APIKEY",    "API_KEY",    "PRIVATE_KEY",
                                         "ACCESS_KEY", "CREDENTIAL"};
constexpr absl::string_view kAtTheEnd[] = {"_PASS", "_PWD", "_PW"};  // PWD alone is a folder

}  // namespace

bool NamesSecret(absl::string_view variable) {
  const std::string name = absl::AsciiStrToUpper(variable);
  for (const absl::string_view word : kWithin) {
    if (absl::StrContains(name, word)) return true;
  }
  for (const absl::string_view word : kAtTheEnd) {
    if (absl::EndsWith(name, word)) return true;
  }
  return false;
}

}  // namespace muster::client
