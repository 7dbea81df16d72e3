#include "proto/nodeset/evaluator.h"

#include <fnmatch.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proto/nodeset/name_folder.h"
#include "proto/nodeset/syntax_error.h"

namespace muster {
namespace {

constexpr size_t kMaxNesting = 32;  // groups within groups, parentheses within parentheses
constexpr uint64_t kBudgetFactor = 16;
constexpr absl::string_view kOperators = ",!&^";

bool IsOperator(char c) { return kOperators.find(c) != absl::string_view::npos; }

bool IsBlank(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

// "web[1-3]" and the like, for messages: whole expressions can be long.
std::string Excerpt(absl::string_view text) {
  return text.size() <= 60 ? std::string(text) : absl::StrCat(text.substr(0, 57), "...");
}

std::string GroupText(const std::pair<std::string, std::string>& name) {
  return absl::StrCat("@", name.first, name.first.empty() ? "" : ":", name.second);
}

absl::Status Annotate(const absl::Status& status, absl::string_view where) {
  return absl::Status(status.code(), absl::StrCat(where, ": ", status.message()));
}

// Walks over an expression. Views into it.
class Scanner {
 public:
  explicit Scanner(absl::string_view text) : rest_(text) { SkipBlanks(); }

  bool AtEnd() const { return rest_.empty(); }
  const char* position() const { return rest_.data(); }

  // The text up to the next operator or blank outside brackets; with a parenthesis, up to the one
  // that closes it.
  bool ReadOperand(absl::string_view* operand, SyntaxError* error) {
    if (!rest_.empty() && rest_[0] == '(') return ReadParentheses(operand, error);
    size_t end = 0;
    while (end < rest_.size() && !IsOperator(rest_[end]) && !IsBlank(rest_[end])) {
      if (rest_[end] == '[' && (end = rest_.find(']', end)) == absl::string_view::npos) {
        return error->Set(rest_.data() + rest_.find('['), "'[' is never closed");
      }
      ++end;
    }
    if (end == 0) return error->Set(rest_.data(), "expected a host or a group here");
    *operand = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return true;
  }

  // ',' where only blanks stand.
  bool ReadOperator(char* op, SyntaxError* error) {
    SkipBlanks();
    *op = ',';
    if (rest_.empty() || !IsOperator(rest_[0])) return true;
    const char* at = rest_.data();
    *op = *at;
    rest_.remove_prefix(1);
    SkipBlanks();
    if (!rest_.empty()) return true;
    return error->Set(at, absl::StrCat("nothing follows '", std::string(1, *op), "'"));
  }

 private:
  bool ReadParentheses(absl::string_view* operand, SyntaxError* error) {
    size_t end = 0;
    int open = 0;
    do {
      if (rest_[end] == '[') end = std::min(rest_.find(']', end), rest_.size() - 1);
      if (rest_[end] == '(') ++open;
      if (rest_[end] == ')') --open;
      ++end;
    } while (open > 0 && end < rest_.size());
    if (open > 0) return error->Set(rest_.data(), "'(' is never closed");
    *operand = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (rest_.empty() || IsOperator(rest_[0]) || IsBlank(rest_[0])) return true;
    return error->Set(rest_.data(), "expected an operator or a blank behind ')'");
  }

  void SkipBlanks() { rest_ = absl::StripLeadingAsciiWhitespace(rest_); }

  absl::string_view rest_;
};

}  // namespace

Evaluator::Evaluator(const NodeSetOptions& options)
    : options_(options), budget_(options.max_hosts * kBudgetFactor) {}

absl::StatusOr<std::vector<Target>> Evaluator::Evaluate(absl::string_view expression) {
  absl::StatusOr<HostSet> set = EvaluateSet(expression, "");
  if (!set.ok()) return set.status();
  NameFolder folder;
  for (const uint32_t host : *set) folder.Add(table_.target(host));
  return folder.Expand();
}

absl::StatusOr<HostSet> Evaluator::EvaluateSet(absl::string_view expression,
                                               absl::string_view source) {
  HostSet set;
  SyntaxError error;
  Scanner scanner(expression);
  char op = ',';
  while (!scanner.AtEnd()) {
    absl::string_view text;
    if (!scanner.ReadOperand(&text, &error)) return ToStatus(error, expression);
    // A wildcard that takes out or picks matches what has been named as well as what is known.
    named_ = op == '!' || op == '&' ? &set : nullptr;
    absl::StatusOr<HostSet> operand = EvaluateOperand(text, expression, source);
    if (!operand.ok()) return operand.status();
    if (absl::Status status = Apply(op, *std::move(operand), &set); !status.ok()) return status;
    if (!scanner.ReadOperator(&op, &error)) return ToStatus(error, expression);
  }
  return set;
}

absl::StatusOr<HostSet> Evaluator::EvaluateOperand(absl::string_view text,
                                                   absl::string_view expression,
                                                   absl::string_view source) {
  SyntaxError error;
  if (text[0] == '(') return EvaluateParentheses(text, expression, source);
  Operand operand;
  if (!ParseOperand(text, &operand, &error)) return ToStatus(error, expression);
  switch (operand.kind) {
    case Operand::Kind::kGroup:
      return ExpandGroups(operand, text, source);
    case Operand::Kind::kMask:
      return MatchMask(operand, text, source);
    case Operand::Kind::kNames:
      return ExpandNames(operand, text);
    case Operand::Kind::kAddress:
      break;
  }
  if (absl::Status status = Charge(1); !status.ok()) return status;
  return HostSet{
      table_.Number({std::string(operand.user), std::move(operand.address), operand.port})};
}

absl::StatusOr<HostSet> Evaluator::EvaluateParentheses(absl::string_view text,
                                                       absl::string_view expression,
                                                       absl::string_view source) {
  SyntaxError error;
  const absl::string_view inside = text.substr(1, text.size() - 2);
  if (absl::StripAsciiWhitespace(inside).empty()) {
    error.Set(text.data(), "nothing stands in these parentheses");
    return ToStatus(error, expression);
  }
  if (parentheses_ == kMaxNesting) {
    error.Set(text.data(), absl::StrCat("more than ", kMaxNesting, " parentheses in each other"));
    return ToStatus(error, expression);
  }
  ++parentheses_;
  absl::StatusOr<HostSet> set = EvaluateSet(inside, source);
  --parentheses_;
  return set;
}

absl::StatusOr<HostSet> Evaluator::ExpandNames(const Operand& operand, absl::string_view text) {
  const uint64_t count = CountNames(operand.names);
  if (absl::Status status = CheckSize(count, Excerpt(text)); !status.ok()) return status;
  if (absl::Status status = Charge(count); !status.ok()) return status;
  HostSet hosts;
  absl::Status status;
  ForEachName(operand.names, [&](std::string name) {
    status = name.size() > kMaxNameBytes
                 ? absl::InvalidArgumentError(absl::StrCat(
                       "a host's name is longer than ", kMaxNameBytes, " bytes: ", Excerpt(text)))
                 : Add({std::string(operand.user), std::move(name), operand.port}, &hosts);
    return status.ok();
  });
  if (!status.ok()) return status;
  return hosts;
}

absl::StatusOr<HostSet> Evaluator::MatchMask(const Operand& operand, absl::string_view text,
                                             absl::string_view source) {
  const uint64_t masks = CountNames(operand.names);
  if (absl::Status status = CheckSize(masks, Excerpt(text)); !status.ok()) return status;
  absl::StatusOr<HostSet> known = HostsToMatch(text, source);
  if (!known.ok()) return known.status();
  absl::Status status;
  HostSet hosts;
  ForEachName(operand.names, [&](std::string mask) {
    status = Charge(known->size());
    if (!status.ok()) return false;
    for (const uint32_t number : *known) {
      const Target& target = table_.target(number);
      if (fnmatch(mask.c_str(), target.host.c_str(), FNM_CASEFOLD) != 0) continue;
      status = Add({operand.user.empty() ? target.user : std::string(operand.user), target.host,
                    operand.port == 0 ? target.port : operand.port},
                   &hosts);
      if (!status.ok()) return false;
    }
    return true;
  });
  if (!status.ok()) return status;
  return hosts;
}

absl::StatusOr<HostSet> Evaluator::HostsToMatch(absl::string_view text, absl::string_view source) {
  const HostSet named = named_ == nullptr ? HostSet() : *named_;
  if (options_.groups == nullptr) {
    if (named_ != nullptr) return named;
    return absl::NotFoundError(absl::StrCat(
        Excerpt(text), ": a wildcard needs known hosts to match; give an inventory file"));
  }
  absl::StatusOr<HostSet> known = EvaluateGroup({std::string(source), "*"});
  if (!known.ok()) return known.status();
  if (absl::Status status = Apply(',', named, &*known); !status.ok()) return status;
  return known;
}

absl::StatusOr<HostSet> Evaluator::ExpandGroups(const Operand& operand, absl::string_view text,
                                                absl::string_view source) {
  const uint64_t count = CountNames(operand.names);
  if (absl::Status status = CheckSize(count, Excerpt(text)); !status.ok()) return status;
  const std::string in(operand.source.empty() ? source : operand.source);
  HostSet hosts;
  absl::Status status;
  ForEachName(operand.names, [&](std::string group) {
    absl::StatusOr<HostSet> members = EvaluateGroup({in, std::move(group)});
    status = members.ok() ? Apply(',', *std::move(members), &hosts) : members.status();
    return status.ok();
  });
  if (!status.ok()) return status;
  return hosts;
}

absl::StatusOr<HostSet> Evaluator::EvaluateGroup(const GroupName& name) {
  if (options_.groups == nullptr) {
    return absl::NotFoundError(
        absl::StrCat(GroupText(name), ": no groups are known; give an inventory file"));
  }
  const auto known = groups_.find(name);
  if (known != groups_.end()) {
    if (absl::Status status = Charge(known->second.size()); !status.ok()) return status;
    return known->second;
  }
  if (absl::Status status = CheckNesting(name); !status.ok()) return status;
  nesting_.push_back(name);
  absl::StatusOr<HostSet> hosts = EvaluateBody(name);
  nesting_.pop_back();
  if (!hosts.ok()) return hosts;
  if (absl::Status status = Charge(hosts->size()); !status.ok()) return status;
  groups_[name] = *hosts;
  return hosts;
}

absl::StatusOr<HostSet> Evaluator::EvaluateBody(const GroupName& name) {
  absl::StatusOr<NodeGroup> group = options_.groups->Resolve(name.first, name.second);
  if (!group.ok()) return group.status();
  absl::StatusOr<HostSet> hosts = EvaluateSet(group->expression, group->source);
  if (hosts.ok()) return hosts;
  const bool located = !group->where.empty();
  return Annotate(hosts.status(), absl::StrCat(GroupText(name), located ? " (" : "", group->where,
                                               located ? ")" : ""));
}

absl::Status Evaluator::CheckNesting(const GroupName& name) const {
  const auto again = std::find(nesting_.begin(), nesting_.end(), name);
  if (again != nesting_.end()) {
    std::string cycle;
    for (auto it = again; it != nesting_.end(); ++it) {
      absl::StrAppend(&cycle, GroupText(*it), " -> ");
    }
    return absl::InvalidArgumentError(
        absl::StrCat("a group includes itself: ", cycle, GroupText(name)));
  }
  if (nesting_.size() < kMaxNesting) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat(GroupText(name), ": groups within groups, more than ", kMaxNesting, " deep"));
}

absl::Status Evaluator::Apply(char op, HostSet operand, HostSet* set) {
  switch (op) {
    case '!':
      return Subtract(operand, set);
    case '&':
      return Intersect(operand, set);
    case '^':
      for (const uint32_t host : operand) {
        if (!set->insert(host).second) set->erase(host);
      }
      break;
    default:
      if (set->empty()) set->swap(operand);
      set->insert(operand.begin(), operand.end());
      break;
  }
  return CheckSize(set->size(), "the expression");
}

absl::Status Evaluator::Intersect(const HostSet& operand, HostSet* set) {
  HostSet kept;
  for (const uint32_t host : operand) {
    const std::vector<uint32_t>& covered = table_.Covered(host);
    if (absl::Status status = Charge(covered.size() - 1); !status.ok()) return status;
    for (const uint32_t other : covered) {
      if (set->contains(other)) kept.insert(other);
    }
  }
  *set = std::move(kept);
  return absl::OkStatus();
}

absl::Status Evaluator::Subtract(const HostSet& operand, HostSet* set) {
  for (const uint32_t host : operand) {
    const std::vector<uint32_t>& covered = table_.Covered(host);
    if (absl::Status status = Charge(covered.size() - 1); !status.ok()) return status;
    for (const uint32_t other : covered) set->erase(other);
  }
  return absl::OkStatus();
}

absl::Status Evaluator::CheckSize(uint64_t hosts, absl::string_view what) const {
  if (hosts <= options_.max_hosts) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(what, " stands for ", hosts,
                                                   " hosts, the limit is ", options_.max_hosts,
                                                   "; use smaller ranges, or several runs"));
}

absl::Status Evaluator::Add(Target target, HostSet* hosts) {
  hosts->insert(table_.Number(std::move(target)));
  if (table_.bytes() <= options_.max_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the hosts of the expression and its groups take more than ", options_.max_bytes,
                   " bytes altogether; use smaller ranges, shorter names, or several runs"));
}

absl::Status Evaluator::Charge(uint64_t hosts) {
  if (hosts > budget_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the operands of the expression and its groups stand for more than ",
                     kBudgetFactor * options_.max_hosts,
                     " hosts altogether, counting repetitions; repeat less"));
  }
  budget_ -= hosts;
  return absl::OkStatus();
}

}  // namespace muster
