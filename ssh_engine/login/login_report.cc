#include "ssh_engine/login/login_report.h"

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace muster::engine {

std::string LoginReport::Asked(absl::string_view user) const {
  if (!has_answers) {
    return absl::StrCat("the server asked for something that the password of user ", user,
                        " does not answer: \"", question,
                        "\". --answers-file or --ask-answer gives answers to questions.");
  }
  return absl::StrCat("the server asked user ", user, " something to which ",
                      has_password ? "neither the password nor " : "none of the ",
                      has_password ? "one of the answers" : "answers",
                      " that were given belongs, or not once more: \"", question, "\".");
}

std::string LoginReport::RefusedKeys(absl::string_view user) const {
  std::string text = absl::StrCat("the server took none of the keys that were offered for user ",
                                  user, ": ", absl::StrJoin(refused_keys, ", "), ".");
  if (!refused_others.empty()) {
    absl::StrAppend(&text, " It refused ", absl::StrJoin(refused_others, ", "), " as well.",
                    Source());
  }
  if (has_password && !password_used) absl::StrAppend(&text, " It takes no password.");
  return text;
}

std::string LoginReport::Refused() const {
  std::vector<std::string> names = refused_keys;
  names.insert(names.end(), refused_others.begin(), refused_others.end());
  return absl::StrJoin(names, ", ");
}

std::string LoginReport::Source() const {
  if (password_source.empty() || !password_refused) return "";
  return absl::StrCat(" The password came from ", password_source, ".");
}

std::string LoginReport::AdviceOnPassword(absl::string_view methods) const {
  const bool takes =
      absl::StrContains(methods, "password") || absl::StrContains(methods, "keyboard-interactive");
  if (has_password || has_answers || noted || !takes) return "";
  return " No password was given: --ask-password or --password-file gives one, to a rerun, too.";
}

std::string LoginReport::NothingOffered(absl::string_view user) const {
  if (!unproven.empty()) return absl::StrCat("no key could be used to log in as ", user, ".");
  if (!chosen.empty()) {
    return absl::StrCat("of the methods that are to be tried (", chosen,
                        ") the server takes none, "
                        "or there is nothing to log in with as ",
                        user, ".");
  }
  if (noted) return absl::StrCat("there is no key to log in with as ", user, ".");
  if (has_password && !password_used) {
    return absl::StrCat("the server takes no password, and there is no key to log in with as ",
                        user, ": start an ssh-agent or name a key file.");
  }
  return absl::StrCat("there is no key to log in with as ", user,
                      ", and the server lets nobody in without: start an ssh-agent or name a key "
                      "file.");
}

std::string LoginReport::Explain(absl::string_view user, absl::string_view methods) const {
  std::string text;
  if (password_expired) {
    text = absl::StrCat("the server wants the password of user ", user,
                        " to be changed first: log in by hand and do so.");
  } else if (!question.empty()) {
    text = Asked(user);
  } else if (!taken.empty()) {
    text = absl::StrCat("the server took ", absl::StrJoin(taken, ", "), " for user ", user,
                        ", but wants another method too.");
    if (refused() > 0) absl::StrAppend(&text, " It refused ", Refused(), ".");
  } else if (!refused_keys.empty()) {
    text = RefusedKeys(user);
  } else if (!refused_others.empty()) {
    text = absl::StrCat("the server refused ", Refused(), " for user ", user, ".", Source());
  } else {
    text = NothingOffered(user);
  }
  if (!methods.empty()) absl::StrAppend(&text, " It accepts: ", methods, ".");
  return text + AdviceOnPassword(methods);
}

std::string LoginReport::ExplainEnd(absl::string_view user, const TransportFailure& failure,
                                    const Offered& offered) const {
  std::string text = absl::StrCat(failure.message, ", while ", user, " was to be logged in");
  if (!offered.name.empty()) absl::StrAppend(&text, " with ", offered.name);
  if (refused() > 0) absl::StrAppend(&text, ", after it had refused ", Refused());
  return text + AdviceAfterEnd(failure, offered);
}

std::string LoginReport::RemarkOnAgent() const {
  if (unproven.empty()) return "";
  return absl::StrCat(" No signature was made with ", absl::StrJoin(unproven, ", "),
                      ": an agent may be gone, be locked or refuse.");
}

std::string LoginReport::AdviceAfterEnd(const TransportFailure& failure,
                                        const Offered& offered) const {
  const size_t so_far = refused_keys.size() + (offered.is_key ? 1 : 0);
  const bool counted = absl::StrContains(failure.message, "Too many authentication failures");
  if (so_far < keys && (counted || so_far > 1)) {
    return absl::StrCat(
        ". ", so_far, " of ", keys,
        " keys were offered, and servers count those they refuse (sshd's "
        "MaxAuthTries): choose one with -i FILE --identities-only; FILE is KEY.pub for "
        "one of an agent's.");
  }
  if (counted) {
    const bool keys_only = refused_others.empty() && (offered.is_key || offered.name.empty());
    return keys_only ? ". It took none of the keys." : ". It took nothing that was offered.";
  }
  return ". That account may not be let in, whatever the key (expired, /etc/nologin, PAM): the "
         "server's log says why.";
}

}  // namespace muster::engine
