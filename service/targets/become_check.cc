#include "service/targets/become_check.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace muster::service {
namespace {

using Variable = HostDetails::BecomeVariable;

constexpr char kBecome[] = "ansible_become";
constexpr char kUser[] = "ansible_become_user";
constexpr char kMethod[] = "ansible_become_method";

// As Ansible's boolean() reads it.
bool IsTrue(absl::string_view value) {
  constexpr absl::string_view kFalse[] = {"", "no", "n", "false", "f", "off", "0", "0.0"};
  return !absl::c_linear_search(kFalse, absl::AsciiStrToLower(value));
}

// Null: the inventory does not say it.
const Variable* Find(const HostDetails& details, absl::string_view name) {
  const auto it = absl::c_find_if(details.become,
                                  [name](const Variable& each) { return each.variable == name; });
  return it == details.become.end() ? nullptr : &*it;
}

std::string ValueOf(const HostDetails& details, absl::string_view name) {
  const Variable* const variable = Find(details, name);
  return variable == nullptr ? "" : variable->value;
}

// "community.general.doas" is doas.
std::string MethodOf(const HostDetails& details) {
  const std::string method = ValueOf(details, kMethod);
  return method.substr(method.rfind('.') + 1);
}

// As it is given to a run.
std::string Option(const HostDetails& details) {
  const std::string user = ValueOf(details, kUser), method = MethodOf(details);
  return absl::StrCat("--become", user.empty() ? "" : "=", user,
                      method.empty() ? "" : " --become-method ", method);
}

HostDetails::Problem ProblemOf(const Variable& variable, absl::string_view what) {
  return {variable.variable, absl::StrCat(variable.place, ": ", variable.variable, " ", what)};
}

// Empty: the run does as it says.
std::string WhatDiffers(const Variable& variable, const HostDetails& details,
                        const BecomeOfRun& run) {
  if (!variable.problem.empty()) return variable.problem;
  const bool user = variable.variable == kUser;
  if (!user && variable.variable != kMethod) return "";
  const std::string said = user ? variable.value : MethodOf(details);
  const std::string& done = user ? run.user : run.method;
  if (said.empty() || said == done) return "";
  return absl::StrCat("is \"", said, "\", and the run's is \"", done,
                      "\": these hosts need a run of their own (", Option(details), ")");
}

absl::optional<HostDetails::Problem> ProblemAsNobody(const Variable& variable,
                                                     const HostDetails& details) {
  if (variable.variable != kBecome) return absl::nullopt;
  if (!variable.problem.empty()) return ProblemOf(variable, variable.problem);
  if (!IsTrue(variable.value)) return absl::nullopt;
  const Variable* const method = Find(details, kMethod);
  if (method != nullptr && !method->problem.empty()) return ProblemOf(*method, method->problem);
  return ProblemOf(variable, absl::StrCat("has commands run as another user, and the run does not "
                                          "say so: give ",
                                          Option(details)));
}

}  // namespace

absl::optional<HostDetails::Problem> BecomeProblem(const HostDetails& details,
                                                   const absl::optional<BecomeOfRun>& run,
                                                   absl::Span<const std::string> ignored) {
  for (const Variable& variable : details.become) {
    if (absl::c_linear_search(ignored, variable.variable)) continue;
    if (!run.has_value()) {
      absl::optional<HostDetails::Problem> problem = ProblemAsNobody(variable, details);
      if (problem.has_value()) return problem;
    } else if (variable.variable != kBecome) {
      const std::string what = WhatDiffers(variable, details, *run);
      if (!what.empty()) return ProblemOf(variable, what);
    }
  }
  return absl::nullopt;
}

std::string BecomeText(const HostDetails& details) {
  if (!IsTrue(ValueOf(details, kBecome))) return "";
  const std::string user = ValueOf(details, kUser), method = MethodOf(details);
  return absl::StrCat(user.empty() ? "root" : user, " (", method.empty() ? "sudo" : method, ")");
}

}  // namespace muster::service
