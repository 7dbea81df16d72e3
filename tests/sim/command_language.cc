#include "tests/sim/command_language.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace muster::sim {
namespace {

using Action = Step::Action;
using Steps = std::vector<Step>;
using Words = std::vector<std::string>;

constexpr uint64_t kFileBytes = 26 * 1024;
constexpr uint32_t kWrongArguments = 2;
constexpr uint32_t kNotFound = 127;

// Splits at ';' and blanks outside of quotes, and takes the quotes away.
std::vector<Words> Split(absl::string_view text) {
  std::vector<Words> commands(1);
  std::string word;
  bool in_word = false;
  char quote = 0;
  const auto end_word = [&] {
    if (in_word) commands.back().push_back(std::exchange(word, {}));
    in_word = false;
  };
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (quote == 0 && (blank || c == ';')) {
      end_word();
      if (c != ' ' && c != '\t') commands.emplace_back();
      continue;
    }
    in_word = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else {
      word.push_back(c);
    }
  }
  end_word();
  return commands;
}

Step Do(Action action) {
  Step step;
  step.action = action;
  return step;
}

Step Write(std::unique_ptr<OutputSource> output) {
  Step step = Do(Action::kWrite);
  step.output = std::move(output);
  return step;
}

Step Print(std::string text) { return Write(std::make_unique<Literal>(std::move(text))); }

Step WithCode(Action action, uint32_t code) {
  Step step = Do(action);
  step.code = code;
  return step;
}

void Complain(const std::string& text, uint32_t status, Steps* steps) {
  steps->push_back(Print(absl::StrCat("sim: ", text, "\n")));
  steps->back().to_stderr = true;
  steps->push_back(WithCode(Action::kStatus, status));
}

bool ParseNumbers(const Words& words, std::vector<uint64_t>* numbers) {
  for (size_t i = 1; i < words.size(); ++i) {
    uint64_t number = 0;
    if (!absl::SimpleAtoi(words[i], &number)) return false;
    numbers->push_back(number);
  }
  return true;
}

// Most hosts of a fleet run the same kernel; of each 1024 the last 24 are behind, for folded output
// to show.
std::string Uname(const Words& words, Address address) {
  const char* release = address % 1024 >= 1000 ? "6.1.0-13-amd64" : "6.1.0-18-amd64";
  return words == Words{"uname", "-r"} ? absl::StrCat(release, "\n")
                                       : absl::StrCat("Linux ", release, "\n");
}

std::string Uptime(Address address) {
  return absl::StrCat(" 12:00:00 up ", address % 300 + 1, " days,  3:04,  1 user,  ",
                      "load average: 0.", address % 80 + 10, ", 0.12, 0.10\n");
}

Step Drip(const std::vector<uint64_t>& numbers, Address address) {
  Step step = Write(std::make_unique<AddressLines>(address, numbers[0] * numbers[2]));
  step.drip = Step::Burst{numbers[0], absl::Milliseconds(numbers[1])};
  return step;
}

Step Sleep(uint64_t milliseconds) {
  Step step = Do(Action::kSleep);
  step.time = absl::Milliseconds(milliseconds);
  return step;
}

// What takes numbers. False where the name is not one of these, or they are not as many as it
// takes.
bool AddCounted(const std::string& name, const std::vector<uint64_t>& numbers, Address address,
                Steps* steps) {
  const size_t count = numbers.size();
  if (count == 1 && (name == "out" || name == "err")) {
    steps->push_back(Write(std::make_unique<AddressLines>(address, numbers[0])));
    steps->back().to_stderr = name == "err";
  } else if (count == 1 && name == "lines") {
    steps->push_back(Write(std::make_unique<Numbers>(numbers[0])));
  } else if (count == 1 && name == "sleep") {
    steps->push_back(Sleep(numbers[0]));
  } else if (count == 3 && name == "drip") {
    steps->push_back(Drip(numbers, address));
  } else if (count == 1 && name == "exit") {
    steps->push_back(WithCode(Action::kExit, static_cast<uint32_t>(numbers[0] & 255)));
  } else if (count == 1 && name == "status") {
    steps->push_back(WithCode(Action::kExit, static_cast<uint32_t>(numbers[0])));
  } else if (count == 0 && name == "exit") {
    steps->push_back(Do(Action::kExit));
  } else {
    return false;
  }
  return true;
}

const char* Usage(const std::string& name) {
  static constexpr std::pair<const char*, const char*> kUsages[] = {
      {"out", "out BYTES"},
      {"err", "err BYTES"},
      {"lines", "lines NUMBER"},
      {"sleep", "sleep MILLISECONDS"},
      {"drip", "drip BYTES EVERY_MILLISECONDS TIMES"},
      {"exit", "exit [CODE]"},
      {"status", "status CODE"},
      {"signal", "signal NAME"},
  };
  for (const auto& usage : kUsages) {
    if (name == usage.first) return usage.second;
  }
  return nullptr;
}

bool AddPlain(const Words& words, Address address, Steps* steps) {
  const std::string& name = words[0];
  if (name == "true" || name == ":" || name == "export") {
    steps->push_back(WithCode(Action::kStatus, 0));
  } else if (name == "false") {
    steps->push_back(WithCode(Action::kStatus, 1));
  } else if (name == "hostname") {
    steps->push_back(Print(FormatAddress(address) + "\n"));
  } else if (name == "uptime") {
    steps->push_back(Print(Uptime(address)));
  } else if (name == "uname") {
    steps->push_back(Print(Uname(words, address)));
  } else if (name == "echo") {
    steps->push_back(Print(absl::StrJoin(words.begin() + 1, words.end(), " ") + "\n"));
  } else if (name == "cat") {
    steps->push_back(Write(std::make_unique<AddressLines>(address, kFileBytes)));
  } else {
    return false;
  }
  return true;
}

bool AddEnding(const Words& words, Address address, Steps* steps) {
  const std::string& name = words[0];
  if (name == "endless") {
    steps->push_back(Write(std::make_unique<AddressLines>(address, kEndless)));
  } else if (name == "hang") {
    steps->push_back(Do(Action::kHang));
  } else if (name == "close") {
    steps->push_back(Do(Action::kClose));
  } else if (name == "drop") {
    steps->push_back(Do(Action::kDrop));
  } else if (name == "signal" && words.size() == 2) {
    steps->push_back(Do(Action::kSignal));
    steps->back().signal = words[1];
  } else {
    return false;
  }
  return true;
}

void Add(const Words& words, Address address, Steps* steps) {
  std::vector<uint64_t> numbers;
  if (ParseNumbers(words, &numbers) && AddCounted(words[0], numbers, address, steps)) return;
  if (AddPlain(words, address, steps) || AddEnding(words, address, steps)) return;
  const char* usage = Usage(words[0]);
  if (usage != nullptr) {
    Complain(absl::StrCat("usage: ", usage), kWrongArguments, steps);
  } else {
    Complain(absl::StrCat(words[0], ": command not found"), kNotFound, steps);
  }
}

}  // namespace

std::vector<Step> ParseCommand(absl::string_view text, Address address) {
  Steps steps;
  for (const Words& words : Split(text)) {
    if (!words.empty()) Add(words, address, &steps);
  }
  return steps;
}

}  // namespace muster::sim
