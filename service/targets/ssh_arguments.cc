#include "service/targets/ssh_arguments.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "service/targets/shell_words.h"

namespace muster::service {
namespace {

// Of ssh.c, as of OpenSSH 10.
struct Flag {
  char name;
  const char* keyword;  // it sets; "": it has no part in reaching a host
  const char* value;    // null: the argument behind it
};

constexpr Flag kFlags[] = {
    {'4', "AddressFamily", "inet"},
    {'6', "AddressFamily", "inet6"},
    {'A', "ForwardAgent", "yes"},
    {'a', "ForwardAgent", "no"},
    {'B', "BindInterface", nullptr},
    {'b', "BindAddress", nullptr},
    {'C', "Compression", "yes"},
    {'c', "Ciphers", nullptr},
    {'E', "", nullptr},
    {'e', "", nullptr},
    {'i', "IdentityFile", nullptr},
    {'J', "ProxyJump", nullptr},
    {'K', "GSSAPIAuthentication", "yes"},
    {'k', "GSSAPIDelegateCredentials", "no"},
    {'l', "User", nullptr},
    {'M', "", ""},
    {'m', "MACs", nullptr},
    {'n', "", ""},
    {'P', "Tag", nullptr},
    {'p', "Port", nullptr},
    {'q', "", ""},
    {'S', "", nullptr},
    {'T', "", ""},
    {'t', "RequestTTY", "yes"},
    {'v', "", ""},
    {'x', "", ""},
    {'y', "", ""},
};

const Flag* Find(char name) {
  const auto it = std::find_if(std::begin(kFlags), std::end(kFlags),
                               [name](const Flag& flag) { return flag.name == name; });
  return it == std::end(kFlags) ? nullptr : it;
}

absl::Status Unknown(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("has \"", what,
                   "\", which Muster does not follow; ssh_config(5) has a keyword for "
                   "what it does follow (-o KEYWORD=VALUE)"));
}

// Goes through words as getopt(3) does: "-qi key", "-ikey". Lives for one call.
class Reader {
 public:
  explicit Reader(std::vector<std::string> words) : words_(std::move(words)) {}

  absl::StatusOr<std::vector<std::string>> Read() {
    while (next_ < words_.size()) {
      if (absl::Status status = ReadWord(words_[next_++]); !status.ok()) return status;
    }
    return std::move(options_);
  }

 private:
  absl::Status ReadWord(absl::string_view word) {
    if (word.size() < 2 || word[0] != '-') return Unknown(word);
    for (size_t i = 1; i < word.size(); ++i) {
      const char name = word[i];
      const Flag* const flag = Find(name);
      if (name != 'o' && flag == nullptr) return Unknown(absl::StrCat("-", word.substr(i, 1)));
      if (flag != nullptr && flag->value != nullptr) {
        if (absl::Status status = Add(*flag, flag->value); !status.ok()) return status;
        continue;
      }
      const absl::optional<std::string> value = ValueIn(word.substr(i + 1));
      if (!value.has_value()) {
        return absl::InvalidArgumentError(absl::StrCat("has no value behind -", word.substr(i, 1)));
      }
      return Add(flag == nullptr ? Flag{} : *flag, *value);
    }
    return absl::OkStatus();
  }

  // The rest of the word, else the next one.
  absl::optional<std::string> ValueIn(absl::string_view rest) {
    if (!rest.empty()) return std::string(rest);
    if (next_ == words_.size()) return absl::nullopt;
    return words_[next_++];
  }

  absl::Status Add(const Flag& flag, const std::string& value) {
    if (flag.keyword == nullptr) {  // -o
      options_.push_back(value);
      return absl::OkStatus();
    }
    if (*flag.keyword == '\0') return absl::OkStatus();
    absl::StatusOr<std::string> option = SshOption(flag.keyword, value);
    if (option.ok()) options_.push_back(*std::move(option));
    return option.status();
  }

  const std::vector<std::string> words_;
  size_t next_ = 0;
  std::vector<std::string> options_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> SshOptionsOf(absl::string_view arguments) {
  absl::optional<std::vector<std::string>> words = SplitShellWords(arguments, /*comments=*/false);
  if (!words.has_value()) return absl::InvalidArgumentError("has a quote that is not closed");
  return Reader(*std::move(words)).Read();
}

absl::StatusOr<std::string> SshOption(absl::string_view keyword, absl::string_view value) {
  if (value.find_first_of("\"\\\n") != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("has a quote, a backslash or a line end in \"", value, "\""));
  }
  const bool plain = value.find_first_of(" \t#'=") == absl::string_view::npos;
  const char* const quote = plain ? "" : "\"";
  return absl::StrCat(keyword, "=", quote, value, quote);
}

}  // namespace muster::service
