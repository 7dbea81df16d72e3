#include "tests/sim/rules.h"

#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::sim {
namespace {

struct PhaseName {
  absl::string_view name;
  Phase phase;
};

constexpr PhaseName kPhases[] = {
    {"banner", Phase::kBanner},   {"kexinit", Phase::kKexinit}, {"kex", Phase::kKex},
    {"newkeys", Phase::kNewkeys}, {"auth", Phase::kAuth},       {"open", Phase::kOpen},
    {"exec", Phase::kExec},       {"output", Phase::kOutput},   {"close", Phase::kClose},
};

// The words of a rule, one after the other.
class Words {
 public:
  explicit Words(absl::string_view line)
      : words_(absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty())) {}

  bool done() const { return next_ == words_.size(); }
  absl::string_view Next() { return done() ? absl::string_view() : words_[next_++]; }

  absl::Status Number(absl::string_view of, uint64_t* value) {
    const absl::string_view word = Next();
    if (absl::SimpleAtoi(word, value)) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(of, " \"", word, "\": expected a number"));
  }

  absl::Status Milliseconds(absl::string_view of, absl::Duration* value) {
    uint64_t number = 0;
    absl::Status status = Number(of, &number);
    *value = absl::Milliseconds(number);
    return status;
  }

 private:
  const std::vector<absl::string_view> words_;
  size_t next_ = 0;
};

absl::Status ParsePhase(absl::string_view of, Words* words, Phase* phase) {
  const absl::string_view word = words->Next();
  for (const PhaseName& known : kPhases) {
    if (known.name != word) continue;
    *phase = known.phase;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      of, " \"", word,
      "\": expected banner, kexinit, kex, newkeys, auth, open, exec, output or close"));
}

absl::Status ParseThrottle(Words* words, Behaviour* behaviour) {
  absl::StatusOr<std::unique_ptr<Throttle>> throttle = Throttle::Parse(words->Next());
  if (!throttle.ok()) return throttle.status();
  behaviour->throttle = *std::move(throttle);
  return absl::OkStatus();
}

absl::Status ParseFloodKind(absl::string_view of, Words* words, Flood* flood) {
  const absl::string_view word = words->Next();
  const absl::optional<Flood> parsed = ParseFlood(word);
  if (!parsed) {
    return absl::InvalidArgumentError(absl::StrCat(
        of, " \"", word, "\": expected requests, opens, globals, ignores, unknown or empty-data"));
  }
  *flood = *parsed;
  return absl::OkStatus();
}

absl::Status ParseSwitch(absl::string_view name, Behaviour* behaviour) {
  if (name == "silent") {
    behaviour->stall = Phase::kBanner;
  } else if (name == "garbage") {
    behaviour->garbage = true;
  } else if (name == "endless-banner") {
    behaviour->endless_banner = true;
  } else if (name == "refuse-auth") {
    behaviour->refuse_auth = true;
  } else if (name == "changed-key") {
    behaviour->changed_key = true;
  } else if (name == "mute-exec") {
    behaviour->mute_exec = true;
  } else if (name == "late-exec") {
    behaviour->late_exec = true;
  } else if (name == "lost-window") {
    behaviour->lost_window = true;
  } else {
    return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no behaviour"));
  }
  return absl::OkStatus();
}

absl::optional<PasswordRule::Way> ParsePasswordWay(absl::string_view name) {
  using Way = PasswordRule::Way;
  if (name == "password") return Way::kPassword;
  if (name == "expired-password") return Way::kExpired;
  if (name == "password-answer") return Way::kAnswer;
  if (name == "password-renewal") return Way::kRenew;
  if (name == "verification-code") return Way::kCode;
  return absl::nullopt;
}

absl::Status ParseOne(Words* words, Behaviour* behaviour) {
  const absl::string_view name = words->Next();
  if (const auto way = ParsePasswordWay(name)) {
    behaviour->password = {*way, std::string(words->Next())};
    return absl::OkStatus();
  }
  if (name == "stall") return ParsePhase(name, words, &behaviour->stall);
  if (name == "reset") return ParsePhase(name, words, &behaviour->reset);
  if (name == "one-command") return ParsePhase(name, words, &behaviour->one_command);
  if (name == "flood") return ParseFloodKind(name, words, &behaviour->flood);
  if (name == "idle-flood") return ParseFloodKind(name, words, &behaviour->idle_flood);
  if (name == "throttle") return ParseThrottle(words, behaviour);
  if (name == "delay") return words->Milliseconds(name, &behaviour->delay);
  if (name == "rate") return words->Number(name, &behaviour->bytes_per_second);
  if (name == "max-sessions") {
    uint64_t number = 0;
    const absl::Status status = words->Number(name, &number);
    behaviour->max_sessions = number;
    return status;
  }
  if (name == "close-after") return words->Milliseconds(name, &behaviour->close_after.emplace());
  if (name == "die-after-commands") {
    return words->Number(name, &behaviour->die_after_commands.emplace());
  }
  return ParseSwitch(name, behaviour);
}

}  // namespace

absl::Status Rules::Add(absl::string_view line) {
  Words words(line);
  if (words.done() || absl::StripAsciiWhitespace(line).front() == '#') return absl::OkStatus();
  const absl::StatusOr<AddressRange> range = ParseAddressRange(words.Next());
  Behaviour behaviour;
  absl::Status status = range.status();
  if (status.ok() && words.done()) status = absl::InvalidArgumentError("expected a behaviour");
  while (status.ok() && !words.done()) status = ParseOne(&words, &behaviour);
  if (!status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("rule \"", line, "\": ", status.message()));
  }
  ranges_.push_back(*range);
  behaviours_.push_back(std::move(behaviour));
  return absl::OkStatus();
}

absl::Status Rules::AddFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  std::string line;
  while (std::getline(file, line)) {
    const absl::Status status = Add(line);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

const Behaviour& Rules::Find(Address address) const {
  for (size_t i = ranges_.size(); i-- > 0;) {
    if (ranges_[i].Contains(address)) return behaviours_[i];
  }
  return good_;
}

}  // namespace muster::sim
