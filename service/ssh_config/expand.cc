#include "service/ssh_config/expand.h"

#include <pwd.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

// Takes "NAME}" off `rest`.
absl::StatusOr<std::string> TakeVariable(absl::string_view* rest) {
  const size_t end = rest->find('}');
  if (end == absl::string_view::npos || end == 0) {
    return absl::InvalidArgumentError("\"${\" without a name and \"}\"");
  }
  const std::string name(rest->substr(0, end));
  rest->remove_prefix(end + 1);
  absl::optional<std::string> value = VariableOf(name);
  if (value.has_value()) return *std::move(value);
  return absl::InvalidArgumentError(absl::StrCat(
      "the variable ", name, " is of your shell, which the daemon does not know: write it out"));
}

absl::StatusOr<std::string> TakeToken(absl::string_view* rest, const Tokens& tokens) {
  if (rest->empty()) return absl::InvalidArgumentError("\"%\" at the end");
  const char letter = rest->front();
  rest->remove_prefix(1);
  if (letter == '%') return std::string("%");
  const auto found = tokens.find(letter);
  if (found != tokens.end()) return found->second;
  return absl::InvalidArgumentError(
      absl::StrCat("\"%", std::string(1, letter), "\" is not known there"));
}

absl::StatusOr<std::string> Expand(absl::string_view text, const Tokens& tokens, bool variables) {
  if (text.find_first_of("%$") == absl::string_view::npos) return std::string(text);
  std::string expanded;
  for (absl::string_view rest = text; !rest.empty();) {
    absl::StatusOr<std::string> part = std::string(1, rest[0]);
    if (variables && absl::StartsWith(rest, "${")) {
      rest.remove_prefix(2);
      part = TakeVariable(&rest);
    } else {
      rest.remove_prefix(1);
      if (*part == "%") part = TakeToken(&rest, tokens);
    }
    if (!part.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("\"", text, "\": ", part.status().message()));
    }
    expanded += *part;
  }
  return expanded;
}

absl::StatusOr<std::string> HomeOf(const std::string& user) {
  std::vector<char> buffer(16 * 1024);
  passwd entry = {};
  passwd* found = nullptr;
  getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return std::string(found->pw_dir);
  return absl::NotFoundError(absl::StrCat("there is no user ", user));
}

}  // namespace

absl::optional<std::string> VariableOf(absl::string_view name) {
  for (const char* const of_user : {"HOME", "LOGNAME", "USER", "XDG_RUNTIME_DIR"}) {
    if (name != of_user) continue;
    const char* const value = getenv(of_user);
    if (value != nullptr) return std::string(value);
  }
  return absl::nullopt;
}

absl::StatusOr<std::string> ExpandTokens(absl::string_view text, const Tokens& tokens) {
  return Expand(text, tokens, /*variables=*/false);
}

absl::StatusOr<std::string> ExpandAll(absl::string_view text, const Tokens& tokens) {
  return Expand(text, tokens, /*variables=*/true);
}

absl::StatusOr<std::string> ExpandTilde(absl::string_view path, const std::string& home) {
  if (path.empty() || path[0] != '~') return std::string(path);
  const absl::string_view user = path.substr(1, path.find('/') - 1);
  absl::string_view below = path.substr(1 + user.size());
  const size_t begin = below.find_first_not_of('/');
  below = begin == absl::string_view::npos ? "" : below.substr(begin);
  absl::StatusOr<std::string> folder = home;
  if (!user.empty()) folder = HomeOf(std::string(user));
  if (!folder.ok()) return folder.status();
  return absl::StrCat(*folder, absl::EndsWith(*folder, "/") ? "" : "/", below);
}

}  // namespace muster::service
