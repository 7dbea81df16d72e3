// Compares with ClusterShell itself (Debian's python3-clustershell) on generated expressions.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "proto/nodeset/node_set.h"

namespace muster {
namespace {

constexpr char kOracle[] = "tests/proto/nodeset/clustershell_oracle.py";

// One generator a test, seeded: a failure can be repeated.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  int Below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  bool Chance(int percent) { return Below(100) < percent; }

  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[Below(from.size())];
  }

  std::string Number(int value, int width) {
    std::string digits = absl::StrCat(value);
    while (digits.size() < width) digits.insert(0, "0");
    return digits;
  }

  std::string Range() {
    const int width = Chance(30) ? 1 + Below(3) : 0;
    const int first = Below(15), last = first + Below(12);
    if (Chance(40)) return Number(first, width);
    // Padding needs both ends to be as long.
    const int common = width > 1 ? std::max(width, last > 9 ? 2 : 1) : 0;
    std::string range = absl::StrCat(Number(first, common), "-", Number(last, common));
    if (Chance(25)) absl::StrAppend(&range, "/", 1 + Below(4));
    return range;
  }

  std::string Bracket() {
    std::vector<std::string> ranges;
    for (int i = 1 + Below(3); i > 0; --i) ranges.push_back(Range());
    return absl::StrCat("[", absl::StrJoin(ranges, Chance(10) ? ", " : ","), "]");
  }

  std::string Part() { return Chance(65) ? Bracket() : Number(Below(30), Below(3)); }

  std::string Operand() {
    static const std::vector<std::string> forms = {
        "n$", "n$",  "db$",          "r$n$",    "r$n$",     "r$n$", "r$-c$-n$",
        "$",  "web", "n$.site$.org", "n$-ipmi", "10.0.$.$", "n_$.x"};
    std::string operand;
    for (const char c : Pick(forms)) {
      if (c == '$') {
        absl::StrAppend(&operand, Part());
      } else {
        operand.push_back(c);
      }
    }
    return operand;
  }

  std::string Expression() {
    std::string expression = Operand();
    for (int i = Below(6); i > 0; --i) {
      absl::StrAppend(&expression, Pick<std::string>({",", ",", ",", "!", "&", "^", " , ", " ! "}),
                      Operand());
    }
    return expression;
  }

  std::string Damaged() {
    std::string text = absl::StrReplaceAll(Expression(), {{" ", ""}});
    for (int i = 1 + Below(2); i > 0 && !text.empty(); --i) {
      const int at = Below(text.size());
      if (Chance(50)) {
        text.erase(at, 1);
      } else {
        text.insert(at, 1, "[]-/,!&^0n"[Below(10)]);
      }
    }
    return text;
  }

  // Single names of one form, in no order.
  std::string Scattered() {
    const int dimensions = 1 + Below(4), names = 1 + Below(60), numbers = 2 + Below(12);
    const bool padded = Chance(20);
    std::vector<std::string> list;
    for (int i = 0; i < names; ++i) {
      std::string name;
      for (int d = 0; d < dimensions; ++d) {
        absl::StrAppend(&name, std::string(1, 'a' + d), Number(Below(numbers), padded ? 2 : 0));
      }
      list.push_back(name);
    }
    return absl::StrJoin(list, ",");
  }

 private:
  std::mt19937 random_;
};

struct Answer {
  bool ok = false;
  std::string expanded;
  std::string folded;
};

std::vector<Answer> AskClusterShell(const std::vector<std::string>& expressions) {
  const std::string file =
      absl::StrCat(::testing::TempDir(), "/expressions.",
                   ::testing::UnitTest::GetInstance()->random_seed(), ".", getpid());
  std::ofstream(file) << absl::StrJoin(expressions, "\n") << "\n";
  FILE* pipe = popen(absl::StrCat("/usr/bin/python3 ", kOracle, " < ", file).c_str(), "r");
  std::string output;
  char buffer[65536];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, n);
  EXPECT_EQ(pclose(pipe), 0) << "is the package python3-clustershell installed?";
  std::remove(file.c_str());
  std::vector<Answer> answers;
  for (absl::string_view line : absl::StrSplit(output, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (fields.size() == 3) {
      answers.push_back({true, fields[1], fields[2]});
    } else {
      answers.push_back({});
    }
  }
  return answers;
}

std::vector<std::string> Names(const std::vector<Target>& targets) {
  std::vector<std::string> names;
  for (const Target& target : targets) names.push_back(FormatTarget(target));
  return names;
}

void ExpectSame(const std::string& expression, const Answer& answer) {
  absl::StatusOr<std::vector<Target>> targets = ParseNodeSet(expression);
  ASSERT_EQ(targets.ok(), answer.ok) << expression << "\n" << targets.status();
  if (!answer.ok) return;
  const std::vector<std::string> names = Names(*targets);
  ASSERT_EQ(absl::StrJoin(names, ","), answer.expanded) << expression;
  ASSERT_EQ(FoldNodeSet(names), answer.folded) << expression;
  ASSERT_EQ(ParseNodeSet(answer.folded)->size(), names.size()) << answer.folded;
}

void CompareAll(const std::vector<std::string>& expressions) {
  const std::vector<Answer> answers = AskClusterShell(expressions);
  ASSERT_EQ(answers.size(), expressions.size());
  for (size_t i = 0; i < answers.size() && !::testing::Test::HasFatalFailure(); ++i) {
    ExpectSame(expressions[i], answers[i]);
  }
}

// ClusterShell reads web1[8-12] as web[18-112]; node_set.h says why Muster does not.
bool DigitsTouchBracket(const std::string& text) {
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i + 1] == '[' && isdigit(text[i])) return true;
    if (text[i] == ']' && isdigit(text[i + 1])) return true;
  }
  return false;
}

TEST(ClusterShellCompareTest, ExpressionsExpandAndFoldAlike) {
  Generator generate(1);
  std::vector<std::string> expressions;
  for (int i = 0; i < 4000; ++i) {
    const std::string expression = generate.Expression();
    if (!DigitsTouchBracket(expression)) expressions.push_back(expression);
  }
  CompareAll(expressions);
}

TEST(ClusterShellCompareTest, ScatteredNamesFoldAlike) {
  Generator generate(2);
  std::vector<std::string> expressions;
  for (int i = 0; i < 1000; ++i) expressions.push_back(generate.Scattered());
  CompareAll(expressions);
}

TEST(ClusterShellCompareTest, DigitsBesideBracketsOfEqualLengthAgree) {
  CompareAll({"web1[0-9]", "web1[00-20]", "web[1-3]0", "web[9-11]0", "web[1,3]5", "web0[1-3]",
              "web1[0-8/2]", "r1[1-2]n2[3-4]", "web[01-03]0.x"});
}

// What Muster accepts means the same to ClusterShell; what ClusterShell refuses, Muster refuses.
TEST(ClusterShellCompareTest, DamagedExpressionsAreNotReadDifferently) {
  Generator generate(3);
  std::vector<std::string> expressions;
  while (expressions.size() < 3000) {
    const std::string expression = generate.Damaged();
    if (!DigitsTouchBracket(expression)) expressions.push_back(expression);
  }
  const std::vector<Answer> answers = AskClusterShell(expressions);
  ASSERT_EQ(answers.size(), expressions.size());
  int refused = 0;
  for (size_t i = 0; i < answers.size() && !HasFatalFailure(); ++i) {
    if (!answers[i].ok) ++refused;
    if (ParseNodeSet(expressions[i]).ok()) ExpectSame(expressions[i], answers[i]);
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace muster
