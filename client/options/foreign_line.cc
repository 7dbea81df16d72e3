#include "client/options/foreign_line.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::client {
namespace {

// Lives for one call.
class Reader {
 public:
  Reader(const std::vector<ForeignOption>& known, std::vector<std::string>* arguments)
      : known_(known), arguments_(*arguments) {}

  absl::StatusOr<std::vector<GivenOption>> Read() {
    absl::Status status;
    while (status.ok() && next_ < arguments_.size() && arguments_[next_].size() > 1 &&
           arguments_[next_][0] == '-') {
      const std::string word = arguments_[next_++];
      if (word == "--") break;
      status = absl::StartsWith(word, "--") ? Long(word.substr(2)) : Short(word);
    }
    if (!status.ok()) return status;
    arguments_.erase(arguments_.begin(), arguments_.begin() + next_);
    return std::move(given_);
  }

 private:
  absl::Status Long(const std::string& word) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    for (const ForeignOption& option : known_) {
      if (name != option.name || name.empty()) continue;
      if (equals == word.npos) return Take(option, "--" + name, "", /*attached=*/false);
      return Take(option, "--" + name, word.substr(equals + 1), /*attached=*/true);
    }
    return absl::InvalidArgumentError(absl::StrCat("there is no option --", name));
  }

  absl::Status Short(const std::string& word) {
    for (size_t i = 1; i < word.size(); ++i) {
      const auto option =
          std::find_if(known_.begin(), known_.end(),
                       [&](const ForeignOption& each) { return each.letter == word[i]; });
      const std::string shown = {'-', word[i]};
      if (option == known_.end()) {
        return absl::InvalidArgumentError(absl::StrCat("there is no option ", shown));
      }
      const bool attached = option->takes_value && i + 1 < word.size();
      const absl::Status status =
          Take(*option, shown, attached ? word.substr(i + 1) : "", attached);
      if (!status.ok() || option->takes_value) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Take(const ForeignOption& option, const std::string& shown, std::string value,
                    bool attached) {
    if (option.refused != nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(shown, " is not supported: ", option.refused));
    }
    if (attached && !option.takes_value) {
      return absl::InvalidArgumentError(absl::StrCat(shown, " takes no value"));
    }
    if (option.takes_value && !attached) {
      if (next_ == arguments_.size()) {
        return absl::InvalidArgumentError(absl::StrCat(shown, ": its value is missing"));
      }
      value = arguments_[next_++];
    }
    given_.push_back(
        {option.letter != 0 ? std::string(1, option.letter) : option.name, std::move(value)});
    return absl::OkStatus();
  }

  const std::vector<ForeignOption>& known_;
  std::vector<std::string>& arguments_;
  size_t next_ = 0;
  std::vector<GivenOption> given_;
};

// ssh's letters with a value, and muster's for the same.
constexpr std::pair<char, const char*> kSshOptions[] = {{'o', "-o"}, {'p', "-p"}, {'i', "-i"},
                                                        {'l', "-u"}, {'F', "-F"}, {'J', "-J"}};
// Of ssh, without a value: what is so with muster in any case (no X11, no agent forwarded, no
// terminal, protocol 2, nothing of its own to say).
constexpr absl::string_view kSshAnyway = "xaTn2q";

}  // namespace

absl::StatusOr<std::vector<GivenOption>> ReadForeign(const std::vector<ForeignOption>& known,
                                                     std::vector<std::string>* arguments) {
  return Reader(known, arguments).Read();
}

absl::Status AddSshArguments(absl::string_view source, absl::string_view text,
                             std::vector<std::string>* words) {
  std::vector<ForeignOption> known;
  for (const auto& [letter, ours] : kSshOptions) known.push_back({letter, "", true});
  for (const char letter : kSshAnyway) known.push_back({letter, "", false});
  std::vector<std::string> arguments =
      absl::StrSplit(text, absl::ByAnyChar(" \t\n"), absl::SkipEmpty());
  const absl::StatusOr<std::vector<GivenOption>> given = ReadForeign(known, &arguments);
  if (!given.ok() || !arguments.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        source, ": of ssh's arguments -o, -p, -i, -l, -F and -J are supported, and \"", text,
        "\" has others; ", given.ok() ? arguments.front() : std::string(given.status().message())));
  }
  for (const GivenOption& each : *given) {
    for (const auto& [letter, ours] : kSshOptions) {
      if (each.key[0] == letter) words->insert(words->end(), {ours, each.value});
    }
  }
  return absl::OkStatus();
}

std::string ForeignProgram(int argc, const char* const* argv) {
  const std::string self = argc > 0 ? argv[0] : "";
  const std::string name = self.substr(self.rfind('/') + 1);
  for (const char* known : {"pdsh", "clush", "dshbak"}) {
    if (name == known) return name;
  }
  const absl::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--as") return argc > 2 ? argv[2] : "";
  return absl::StartsWith(first, "--as=") ? std::string(first.substr(5)) : "";
}

}  // namespace muster::client
