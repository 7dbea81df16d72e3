#include "service/ssh_config/match_criteria.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "service/ssh_config/config_line.h"
#include "service/ssh_config/local_network.h"
#include "service/ssh_config/patterns.h"

namespace muster::service {
namespace {

using Kind = Criterion::Kind;

constexpr struct {
  const char* name;
  Kind kind;
} kKinds[] = {
    {"host", Kind::kHost},     {"originalhost", Kind::kOriginalHost},
    {"user", Kind::kUser},     {"localuser", Kind::kLocalUser},
    {"tagged", Kind::kTagged}, {"localnetwork", Kind::kLocalNetwork},
    {"exec", Kind::kExec},     {"canonical", Kind::kCanonical},
    {"final", Kind::kFinal},   {"all", Kind::kAll},
};

constexpr const char* kOnlySsh[] = {"version", "sessiontype", "command"};

absl::StatusOr<Kind> KindOf(absl::string_view name) {
  for (const auto& known : kKinds) {
    if (name == known.name) return known.kind;
  }
  for (const char* const known : kOnlySsh) {
    if (name != known) continue;
    return absl::UnimplementedError(absl::StrCat("Match ", name, " is not supported"));
  }
  return absl::InvalidArgumentError(absl::StrCat("Match \"", name, "\" is not known"));
}

bool IsEnd(const absl::optional<std::string>& word) {
  return !word.has_value() || word->empty() || (*word)[0] == '#';
}

// "all" stands alone, or after one other ("canonical all").
absl::Status CheckAll(size_t before, const absl::optional<std::string>& next) {
  if (before <= 1 && IsEnd(next)) return absl::OkStatus();
  return absl::InvalidArgumentError("Match \"all\" cannot be combined with other criteria");
}

absl::StatusOr<bool> Run(const Criterion& criterion, const MatchSubject& subject) {
  if (subject.exec == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("Match exec \"", criterion.argument, "\" is not run by this daemon"));
  }
  const absl::StatusOr<std::string> command = ExpandTokens(criterion.argument, subject.tokens);
  return command.ok() ? subject.exec(*command) : command.status();
}

absl::StatusOr<bool> Compare(const Criterion& criterion, const MatchSubject& subject) {
  switch (criterion.kind) {
    case Kind::kAll:
      return true;
    case Kind::kCanonical:
    case Kind::kFinal:
      return subject.final_pass;
    case Kind::kHost:
      return MatchesList(absl::AsciiStrToLower(subject.host), criterion.argument, true);
    case Kind::kOriginalHost:
      return MatchesList(absl::AsciiStrToLower(subject.original_host), criterion.argument, true);
    case Kind::kUser:
      return MatchesList(subject.user, criterion.argument, false);
    case Kind::kLocalUser:
      return MatchesList(subject.local_user, criterion.argument, false);
    case Kind::kTagged:
      return MatchesList(subject.tag, criterion.argument, false);
    case Kind::kLocalNetwork:
      return IsOnLocalNetwork(criterion.argument);
    case Kind::kExec:
      return Run(criterion, subject);
  }
  return false;
}

}  // namespace

absl::StatusOr<MatchCriteria> ParseMatch(absl::string_view text) {
  MatchCriteria criteria;
  absl::optional<std::string> rest = std::string(text);
  while (true) {
    absl::optional<std::string> word = NextWord(&rest);
    if (IsEnd(word)) break;
    Criterion criterion;
    absl::string_view name = *word;
    criterion.negated = absl::ConsumePrefix(&name, "!");
    const absl::StatusOr<Kind> kind = KindOf(absl::AsciiStrToLower(name));
    if (!kind.ok()) return kind.status();
    criterion.kind = *kind;
    if (*kind == Kind::kAll) {
      absl::Status status = CheckAll(criteria.size(), NextWord(&rest));
      criteria.push_back(std::move(criterion));
      if (status.ok()) return criteria;
      return status;
    }
    if (*kind != Kind::kFinal && *kind != Kind::kCanonical) {
      absl::optional<std::string> argument = NextWord(&rest);
      if (IsEnd(argument)) {
        return absl::InvalidArgumentError(absl::StrCat("Match ", name, " has no argument"));
      }
      criterion.argument = *std::move(argument);
    }
    criteria.push_back(std::move(criterion));
  }
  if (criteria.empty()) return absl::InvalidArgumentError("Match has no criteria");
  return criteria;
}

absl::StatusOr<bool> Holds(const MatchCriteria& criteria, const MatchSubject& subject) {
  for (const Criterion& criterion : criteria) {
    const absl::StatusOr<bool> found = Compare(criterion, subject);
    if (!found.ok() || *found == criterion.negated) return found.ok() ? false : found;
  }
  return true;
}

}  // namespace muster::service
