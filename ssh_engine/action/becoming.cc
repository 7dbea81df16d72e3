#include "ssh_engine/action/becoming.h"

#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "ssh_engine/base/peer_text.h"
#include "ssh_engine/base/secret.h"
#include "ssh_engine/base/shell_word.h"

namespace muster::engine {
namespace {

constexpr size_t kKept = 4096;  // of the talk

const char* NameOf(BecomeMethod method) {
  switch (method) {
    case BecomeMethod::kSudo:
      return "sudo";
    case BecomeMethod::kSu:
      return "su";
    case BecomeMethod::kDoas:
      return "doas";
  }
  return "";
}

// $l: the line; $2: sudo's question; $3: the user; $4: kInner.
std::string Program(const Become& become) {
  const bool keep = become.keep_environment;
  switch (become.method) {
    case BecomeMethod::kSudo:
      return absl::StrCat("sudo -S -p \"$2\"", keep ? " -E" : "", " -u \"$3\" -- /bin/sh -c");
    case BecomeMethod::kSu:
      return absl::StrCat("su ", keep ? "-p" : "-", " -s /bin/sh \"$3\" -c");
    case BecomeMethod::kDoas:
      return "doas -u \"$3\" -- /bin/sh -c";
  }
  return "";
}

// As the other user: $1 is the line. What the processes of a connection are told by when they are
// ended (stop_line.h) does not outlive sudo.
std::string Inner(absl::string_view end) {
  return absl::StrCat("printf %s ", end,
                      " >&2; SSH_CONNECTION=$2; export SSH_CONNECTION; "
                      "[ \"${LANGUAGE-}\" = C ] && unset LANGUAGE; exec /bin/sh -c \"$1\"");
}

// A byte that the text does not have; csh takes no newline within quotes.
char Unused(absl::string_view text) {
  for (char c = 1; c < ' '; ++c) {
    if (c != '\t' && c != '\n' && c != '\r' && !absl::StrContains(text, c)) return c;
  }
  return 0;
}

// Sets l to $1 with its newlines.
std::string TakeLine(char newline) {
  if (newline == 0) return "l=$1; ";
  return absl::StrCat("l=$(printf %s \"$1\" | tr \"\\0", newline / 8, newline % 8,
                      "\" \"\\n\"; printf x); l=${l%x}; ");
}

// English texts, as WhyNot reads them.
constexpr char kInEnglish[] = "[ \"${LANGUAGE+x}\" ] || { LANGUAGE=C; export LANGUAGE; }; ";

std::string MakeLine(const Become& become, absl::string_view line, absl::string_view begin,
                     absl::string_view question, absl::string_view end) {
  const char newline = absl::StrContains(line, '\n') ? Unused(line) : '\0';
  const std::string script =
      absl::StrCat(TakeLine(newline), kInEnglish, "printf %s ", begin, " >&2; exec ",
                   Program(become), " \"$4\" sh \"$l\" \"$SSH_CONNECTION\"");
  const std::string word =
      newline == 0 ? std::string(line)
                   : absl::StrReplaceAll(line, {{"\n", absl::string_view(&newline, 1)}});
  return absl::StrCat("exec /bin/sh -c ", QuotedWord(script), " sh ", QuotedWord(word), " ",
                      question, " ", QuotedWord(become.user), " ", QuotedWord(Inner(end)));
}

bool HasAny(absl::string_view text, std::initializer_list<absl::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [text](absl::string_view part) { return absl::StrContains(text, part); });
}

// How many of the last bytes of `text` may be the first ones of `mark`.
size_t BeginOf(absl::string_view mark, absl::string_view text) {
  for (size_t size = std::min(mark.size() - 1, text.size()); size > 0; --size) {
    if (absl::EndsWith(text, mark.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

std::string NewToken() {
  std::string bytes(8, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(&bytes[0]), static_cast<int>(bytes.size()));
  return absl::BytesToHexString(bytes);
}

Becoming::Becoming(std::shared_ptr<const Become> become, absl::string_view line,
                   const std::string& token)
    : become_(std::move(become)),
      begin_(absl::StrCat("muster-begin-", token, "-")),
      question_(absl::StrCat("muster-password-", token, "-")),
      end_(absl::StrCat("muster-end-", token, "-")),
      line_(MakeLine(*become_, line, begin_, question_, end_)) {}

std::string Becoming::Hear(absl::string_view bytes) {
  absl::StrAppend(&heard_, bytes);
  std::string others;
  if (phase_ == Phase::kBefore) others = TakeBefore();
  if (phase_ == Phase::kTalking) absl::StrAppend(&others, TakeTalk());
  return others;
}

std::string Becoming::TakeBefore() {
  const size_t at = heard_.find(begin_);
  const bool found = at != std::string::npos;
  const size_t size = found ? at : heard_.size() - BeginOf(begin_, heard_);
  std::string before = heard_.substr(0, size);
  heard_.erase(0, found ? size + begin_.size() : size);
  if (found) phase_ = Phase::kTalking;
  return before;
}

std::string Becoming::TakeTalk() {
  const size_t at = heard_.find(end_);
  if (at != std::string::npos) {
    phase_ = Phase::kDone;
    line_ = std::string();  // it may be long, and many hosts have one
    return heard_.substr(at + end_.size());
  }
  NoteQuestion();
  if (heard_.size() > kKept) {
    const size_t more = heard_.size() - kKept;
    heard_.erase(0, more);
    noted_ -= std::min(noted_, more);
  }
  return "";
}

void Becoming::NoteQuestion() {
  const size_t end = FindQuestion();
  if (end == std::string::npos) return;
  noted_ = end;
  asked_ = ++questions_ == 1 && !become_->password.get().empty();
  refused_ = !asked_;
}

size_t Becoming::FindQuestion() const {
  if (become_->method == BecomeMethod::kSudo) {
    const size_t at = heard_.find(question_, noted_);
    return at == std::string::npos ? at : at + question_.size();
  }
  // "Password: ", "doas (ann@web1) password: "
  const size_t line_end = heard_.rfind('\n');
  const size_t begin = line_end == std::string::npos ? noted_ : std::max(noted_, line_end + 1);
  const absl::string_view line = absl::string_view(heard_).substr(begin);
  const bool asks = absl::StrContains(line, "assword") &&
                    (absl::EndsWith(line, ":") || absl::EndsWith(line, ": "));
  return asks ? heard_.size() : std::string::npos;
}

void Becoming::Answer(ExecChannel* channel) {
  if (!asked_) return;
  const size_t size = become_->password.get().size() + 1;
  if (channel->InputRoom() < size) return;
  Secret answer(size);
  std::copy_n(become_->password.get().data(), size - 1, answer.data());
  answer.data()[size - 1] = '\n';
  asked_ = channel->SendInput(answer.get()) != size;  // none: keys are exchanged anew
}

// --- For a person

// The texts are sudo's, su's (PAM's) and doas' own.
Cause Becoming::WhyNot() const {
  if (refused_ || HasAny(heard_, {"password is required", "incorrect password", "Sorry, try again",
                                  "Authentication fail", "no password was provided"})) {
    return Cause::kBecomePassword;
  }
  if (HasAny(heard_, {"not in the sudoers", "not allowed to", "may not run", "Permission denied",
                      "Operation not permitted"})) {
    return Cause::kBecomeNotAllowed;
  }
  return Cause::kBecomeUnavailable;
}

std::string Becoming::Said() const {
  return PeerText(absl::StrReplaceAll(heard_, {{question_, ""}}));
}

HostOutcome Becoming::Explain(absl::string_view endpoint, const std::string& from_user) const {
  HostOutcome outcome;
  outcome.state = HostState::kBecomeFailed;
  outcome.cause = WhyNot();
  const char* const name = NameOf(become_->method);
  outcome.message =
      absl::StrCat(endpoint, ": ", from_user, " did not become ", become_->user, ": ");
  if (refused_) {
    absl::StrAppend(&outcome.message, name,
                    questions_ > 1 ? " refused the password; it was sent once"
                                   : " asks for a password, and none was given");
  } else {
    const std::string said = Said();
    absl::StrAppend(&outcome.message, name,
                    said.empty() ? " did not say why" : absl::StrCat(" said \"", said, "\""));
  }
  absl::StrAppend(&outcome.message, ". Nothing was run.");
  if (HasAny(heard_, {"must have a tty", "tty is required", "no tty present",
                      "must be run from a terminal"})) {
    absl::StrAppend(&outcome.message, " It wants a terminal: --tty.");
  }
  return outcome;
}

}  // namespace muster::engine
