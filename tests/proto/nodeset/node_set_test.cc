#include "proto/nodeset/node_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace muster {
namespace {

using ::testing::HasSubstr;

// Groups from a map of "source:group" to expression; counts what is asked.
class FakeGroups : public GroupResolver {
 public:
  explicit FakeGroups(std::map<std::string, std::string> groups) : groups_(std::move(groups)) {}

  absl::StatusOr<NodeGroup> Resolve(absl::string_view source,
                                    absl::string_view group) const override {
    ++calls;
    const auto it = groups_.find(absl::StrCat(source, ":", group));
    if (it == groups_.end()) return absl::NotFoundError(absl::StrCat("no group @", group));
    return NodeGroup{it->second, std::string(source), "groups.yaml:3"};
  }

  mutable int calls = 0;

 private:
  const std::map<std::string, std::string> groups_;
};

std::vector<std::string> Names(const std::vector<Target>& targets) {
  std::vector<std::string> names;
  for (const Target& target : targets) names.push_back(FormatTarget(target));
  return names;
}

std::string Expand(absl::string_view expression, const NodeSetOptions& options = {}) {
  absl::StatusOr<std::vector<Target>> targets = ParseNodeSet(expression, options);
  if (!targets.ok()) return targets.status().ToString();
  return absl::StrJoin(Names(*targets), " ");
}

struct Case {
  std::string expression;
  std::string expected;  // separated by blanks
};

TEST(NodeSetTest, Expands) {
  const std::vector<Case> cases = {
      {"", ""},
      {"  ", ""},
      {"web", "web"},
      {"web1,web1,web[1-2]", "web1 web2"},
      {"web[08-11]", "web08 web09 web10 web11"},
      {"web[8-11]", "web8 web9 web10 web11"},
      {"web[0-10/4]", "web0 web4 web8"},
      {"web[1,3,5-7]", "web1 web3 web5 web6 web7"},
      {"web[ 1 - 3 , 5 ]", "web1 web2 web3 web5"},
      {"r[1-2]n[1-2]", "r1n1 r1n2 r2n1 r2n2"},
      {"web[1-2].example.com", "web1.example.com web2.example.com"},
      {"10.0.0.[9-11]", "10.0.0.9 10.0.0.10 10.0.0.11"},
      {"[1-3]", "1 2 3"},
      {"web3 web1\n\tweb2", "web1 web2 web3"},
      {"web[1-5]!web[2-3]", "web1 web4 web5"},
      {"web[1-5] ! web2", "web1 web3 web4 web5"},
      {"web[1-5]&web[4-9]", "web4 web5"},
      {"web[1-3]^web[2-4]", "web1 web4"},
      {"web[1-3]!web2,web2", "web1 web2 web3"},  // from left to right
      {"web2,(web[1-3]!web2)", "web1 web2 web3"},
      {"web[1-5]!(web[1-3]&web[2-4]),db1", "db1 web1 web4 web5"},
      {"( web1 web2 )^(web2)", "web1"},
      {"((web1),([2001:db8::1]:22))", "[2001:db8::1]:22 web1"},
      {"web1[8-12]", "web18 web19 web110 web111 web112"},
      {"web[0-4/2]0", "web00 web20 web40"},
      {"web1,web01,web001", "web1 web01 web001"},
  };
  for (const Case& c : cases) EXPECT_EQ(Expand(c.expression), c.expected) << c.expression;
}

TEST(NodeSetTest, UsersPortsAndAddresses) {
  const std::vector<Case> cases = {
      {"ann@web1:2222", "ann@web1:2222"},
      {"ann@web[1-2]:2222", "ann@web1:2222 ann@web2:2222"},
      {"ann@[1-2]", "ann@1 ann@2"},
      {"ann@corp.example@web1", "ann@corp.example@web1"},
      {"[2001:db8::1]", "[2001:db8::1]"},
      {"2001:DB8:0::1", "[2001:db8::1]"},
      {"bob@[::1]:2222", "bob@[::1]:2222"},
      {"[::1],[0:0::1],::1", "[::1]"},
      {"[fe80::1%eth0]:22", "[fe80::1%eth0]:22"},
      {"[::ffff:10.0.0.1]", "[::ffff:10.0.0.1]"},
      {"web1,ann@web1,web1:22", "ann@web1 web1 web1:22"},
      {"ann@web[1-2],bob@web[1-2]:22!web1", "ann@web2 bob@web2:22"},
      {"ann@web[1-2],bob@web[1-2]&ann@web[1-9]", "ann@web1 ann@web2"},
      {"ann@web[1-2],bob@web3&web[2-3]", "ann@web2 bob@web3"},
      {"ann@web1:22,ann@web1:23,bob@web1:22!web1:22", "ann@web1:23"},
      {"web1!ann@web1", "web1"},
  };
  for (const Case& c : cases) EXPECT_EQ(Expand(c.expression), c.expected) << c.expression;
  const Target target = ParseNodeSet("bob@[::1]:2222")->at(0);
  EXPECT_EQ(target.user, "bob");
  EXPECT_EQ(target.host, "::1");
  EXPECT_EQ(target.port, 2222);
}

TEST(NodeSetTest, MalformedExpressionsSayWhere) {
  const std::vector<Case> cases = {
      {"web[1-3", "position 4: '[' is never closed"},
      {"web1]", "position 5: ']' without '['"},
      {"web[[1-2]]", "position 5: expected a number"},
      {"web[]", "position 5: empty range"},
      {"web[1,]", "position 7: empty range"},
      {"web[1-]", "position 7: a number is missing"},
      {"web[5-1]", "position 5: the range 5-1 runs backwards"},
      {"web[-5]", "position 5: negative numbers"},
      {"web[01-100]", "position 5: both ends of the padded range 01-100"},
      {"web[1-9/0]", "position 9: a step of 0"},
      {"web[1/2]", "position 7: a step needs a range"},
      {"web[1-2][3-4]", "position 9: two ranges need something between"},
      {"web[1-2]5[3-4]", "position 10: two ranges need something between"},
      {"web[1x]", "position 6: expected a number"},
      {"web[1-9999999999999999999]", "more than 18 digits"},
      {"web1,,web2", "position 6: expected a host"},
      {",web1", "position 1: expected a host"},
      {"web1,", "position 5: nothing follows ','"},
      {"web1 ! ", "position 6: nothing follows '!'"},
      {"!web1", "position 1: expected a host"},
      {"web1,!web2", "position 6: expected a host"},
      {"-web", "position 1: a host's name cannot start with '-'"},
      {"web/1", "position 4: '/' cannot stand in a name"},
      {"w\x01", "position 2: a character that cannot"},
      {"w\xc3\xa9", "position 2: a character that cannot"},
      {"web1:", "position 6: a port is a number"},
      {"web1:0", "position 6: a port is a number"},
      {"web1:65536", "position 6: a port is a number"},
      {"web1:ssh", "position 6: a port is a number"},
      {"[::1]22", "position 6: expected ':' and a port"},
      {"[::g]", "position 2: not an IPv6 address"},
      {"1:2:3", "position 1: not an IPv6 address"},
      {"ann@", "behind '@'"},
      {"ann@@web", "position 4: a group takes no user"},
      {"@", "position 2: a group's name is missing"},
      {"@:web", "position 2: a group's source is missing"},
      {"@a@b", "'@' cannot stand in a name"},
  };
  for (const Case& c : cases) {
    const absl::Status status = ParseNodeSet(c.expression).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.expression;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.expected)) << c.expression;
  }
}

TEST(NodeSetTest, CaretStandsBelowTheMistake) {
  EXPECT_EQ(ParseNodeSet("web[1-3],db[5-1]").status().message(),
            "bad target expression, position 13: the range 5-1 runs backwards\n"
            "  web[1-3],db[5-1]\n"
            "              ^");
  const std::string many = absl::StrCat(std::string(100, 'a'), ",b]", std::string(100, 'c'));
  EXPECT_EQ(ParseNodeSet(many).status().message(),
            absl::StrCat("bad target expression, position 103: ']' without '['\n  ...",
                         std::string(28, 'a'), ",b]", std::string(29, 'c'), "...\n     ",
                         std::string(30, ' '), "^"));
}

// In characters, and below them also where they are wide.
TEST(NodeSetTest, CaretStandsBelowAMistakeBehindOtherLetters) {
  EXPECT_EQ(ParseNodeSet("\xc3\xa9").status().message(),
            "bad target expression, position 1: a character that cannot stand in a name; names are "
            "written as DNS has them, international ones as xn--...\n"
            "  \xc3\xa9\n"
            "  ^");
  // A user may be called so.
  EXPECT_EQ(ParseNodeSet("j\xc3\xb6rg\xe4\xb8\x96@web1]").status().message(),
            "bad target expression, position 11: ']' without '['\n"
            "  j\xc3\xb6rg\xe4\xb8\x96@web1]\n"
            "             ^");
  std::string many;
  for (int i = 0; i < 50; ++i) many += "\xc3\xb6";
  std::string shown;
  for (int i = 0; i < 25; ++i) shown += "\xc3\xb6";
  EXPECT_EQ(ParseNodeSet(many + "@web1]").status().message(),
            absl::StrCat("bad target expression, position 56: ']' without '['\n  ...",
                         shown.substr(0, 50), "@web1]\n     ", std::string(30, ' '), "^"));
}

TEST(NodeSetTest, WhatIsNoTextIsShownAllTheSame) {
  EXPECT_THAT(std::string(ParseNodeSet("a\t\xff").status().message()),
              HasSubstr("\n  a <FF>\n    ^"));
}

TEST(NodeSetTest, LimitsHoldBeforeMemoryIsSpent) {
  NodeSetOptions options;
  options.max_hosts = 100;
  EXPECT_EQ(ParseNodeSet("web[1-100]", options)->size(), 100);
  for (const std::string expression :
       {"web[1-101]", "web[1-999999999999999999]", "r[1-50]n[1-3]",
        "a[1-999999999]b[1-999999999]c[1-999999999]d[1-999999999]", "web[1-60],db[1-60]",
        "@rack[1-999999999]", "w*[1-999999999]"}) {
    FakeGroups groups({});
    options.groups = &groups;
    EXPECT_EQ(ParseNodeSet(expression, options).status().code(),
              absl::StatusCode::kResourceExhausted)
        << expression;
  }
  EXPECT_THAT(Expand("web[1-101]", options),
              HasSubstr("web[1-101] stands for 101 hosts, the limit is 100"));
}

TEST(NodeSetTest, WhatHostsTakeIsBoundedWhereverTheyComeFrom) {
  NodeSetOptions options;
  options.max_hosts = 100;
  options.max_bytes = 100 * (200 + 2 * 26);
  FakeGroups groups({});
  options.groups = &groups;
  const std::string user(21, 'u');
  EXPECT_EQ(ParseNodeSet(user + "@web[01-99]", options)->size(), 99);
  // Those of an operand that takes some away count, too.
  for (const std::string& expression :
       {user + "uuuu@web[01-99]", user + "@web[01-99]!db[1-2]", user + "@web[01-99],a b"}) {
    EXPECT_EQ(ParseNodeSet(expression, options).status().code(),
              absl::StatusCode::kResourceExhausted)
        << expression;
  }
}

TEST(NodeSetTest, TooLongUsers) {
  EXPECT_EQ(Expand(std::string(256, 'u') + "@a"), std::string(256, 'u') + "@a");
  EXPECT_THAT(Expand(std::string(257, 'u') + "@a[1-100000]"), HasSubstr("257 bytes; at most 256"));
}

TEST(NodeSetTest, RepetitionIsBounded) {
  std::string expression = "web[1-20000]";
  for (int i = 0; i < 100; ++i) expression += "&web[1-20000]";
  EXPECT_EQ(ParseNodeSet(expression, {nullptr, 20000}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(NodeSetTest, TooManyRangesAndTooLongNames) {
  std::string ranges;
  for (int i = 0; i < 100000; ++i) ranges += "[1]a";
  EXPECT_EQ(ParseNodeSet(ranges).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseNodeSet(std::string(256, 'a')).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParseNodeSet(std::string(255, 'a'))->size(), 1);
}

// Users do: they are the servers' names (passwd(5)).
TEST(NodeSetTest, NamesDoNotDifferInCase) {
  const std::vector<Case> cases = {
      {"Web1,web1,WEB1", "Web1"},
      {"web[1-3]!WEB2", "web1 web3"},
      {"Web[1-2]&web[2-3]", "Web2"},
      {"web1^WEB1,db1", "db1"},
      {"ann@Web1,Ann@web1", "Ann@web1 ann@Web1"},
      {"ann@Web1:22,bob@web2!wEb1", "bob@web2"},
      {"[FE80::1],[fe80::1]", "[fe80::1]"},
  };
  for (const Case& c : cases) EXPECT_EQ(Expand(c.expression), c.expected) << c.expression;
}

TEST(NodeSetTest, Groups) {
  FakeGroups groups({{":web", "web[1-2]"},
                     {":prod", "@web,@db"},
                     {":db", "db1"},
                     {":rack1", "r1"},
                     {":rack2", "r2"},
                     {":empty", ""},
                     {":*", "web[1-2],db1,ann@x1:23"},
                     {"role:web", "w9"},
                     {"role:all", "@web"}});
  NodeSetOptions options{&groups};
  const std::vector<Case> cases = {
      {"@web", "web1 web2"},
      {"@prod!@db", "web1 web2"},
      {"@role:web", "w9"},
      {"@role:all", "w9"},  // a group within a source is looked up there
      {"@rack[1-2]", "r1 r2"},
      {"@empty", ""},
      {"@*", "ann@x1:23 db1 web1 web2"},
      {"web*", "web1 web2"},
      {"w?b[1-1]", "web1"},
      {"*!@web", "ann@x1:23 db1"},
      {"eve@x*", "eve@x1:23"},
      {"WEB*,X1!x*", "web1 web2"},
      {"nothing*", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(Expand(c.expression, options), c.expected) << c.expression;
}

TEST(NodeSetTest, GroupErrors) {
  FakeGroups groups({{":a", "@b"}, {":b", "web1,@a"}, {":bad", "web[3-1]"}, {":out", "@bad"}});
  NodeSetOptions options{&groups};
  EXPECT_THAT(Expand("@a", options), HasSubstr("a group includes itself: @a -> @b -> @a"));
  EXPECT_THAT(Expand("@nix", options), HasSubstr("NOT_FOUND: no group @nix"));
  EXPECT_THAT(Expand("@out", options),
              HasSubstr("@out (groups.yaml:3): @bad (groups.yaml:3): bad target expression"));
  EXPECT_THAT(Expand("@web"), HasSubstr("NOT_FOUND: @web: no groups are known"));
  EXPECT_THAT(Expand("web*"), HasSubstr("NOT_FOUND: web*: a wildcard needs known hosts"));
}

TEST(NodeSetTest, WildcardsTakeOutOrPickWhatIsNamed) {
  EXPECT_EQ(Expand("web[1-3],db[1-2]!db*"), "web1 web2 web3");
  EXPECT_EQ(Expand("web[1-3],db[1-2]&*2"), "db2 web2");
  EXPECT_EQ(Expand("ann@web1:2222,web2!web*"), "");
  EXPECT_THAT(Expand("web1,db*"), HasSubstr("NOT_FOUND: db*: a wildcard needs known hosts"));
  FakeGroups groups({{":db", "db[1-2]"}, {":*", "db[1-2]"}});
  EXPECT_EQ(Expand("web1,@db!web*", {&groups}), "db1 db2");
}

TEST(NodeSetTest, GroupsWithinGroupsAreBounded) {
  std::map<std::string, std::string> chain;
  for (int i = 0; i < 40; ++i) chain[absl::StrCat(":g", i)] = absl::StrCat("@g", i + 1);
  FakeGroups groups(chain);
  EXPECT_THAT(Expand("@g0", {&groups}), HasSubstr("more than 32 deep"));
}

TEST(NodeSetTest, EachGroupIsEvaluatedOnce) {
  std::map<std::string, std::string> doubling = {{":g0", "web1"}};
  for (int i = 1; i < 30; ++i) {
    doubling[absl::StrCat(":g", i)] = absl::StrCat("@g", i - 1, ",@g", i - 1);
  }
  FakeGroups groups(doubling);
  EXPECT_EQ(Expand("@g29", {&groups}), "web1");
  EXPECT_EQ(groups.calls, 30);
}

std::string Fold(const std::vector<std::string>& names) { return FoldNodeSet(names); }

TEST(NodeSetTest, Folds) {
  EXPECT_EQ(Fold({}), "");
  EXPECT_EQ(Fold({"web1"}), "web1");
  EXPECT_EQ(Fold({"web3", "web1", "web2", "web2", "db", "web7"}), "db,web[1-3,7]");
  EXPECT_EQ(Fold({"web08", "web09", "web10", "web9"}), "web[9,08-10]");
  EXPECT_EQ(Fold({"r1n1", "r1n2", "r2n1", "r2n2", "r3n1"}), "r[1-2]n[1-2],r3n1");
  EXPECT_EQ(Fold({"ann@web1:22", "ann@web2:22", "ann@web3"}), "ann@web3,ann@web[1-2]:22");
  EXPECT_EQ(Fold({"[::1]", "[::2]", "bob@[::1]:22"}), "[::1],[::2],bob@[::1]:22");
  EXPECT_EQ(Fold({"web1", "what is this", "web2"}), "web[1-2],what is this");
  EXPECT_EQ(Fold({"n99999999999999999999", "n100000000000000000000"}),
            "n[99999999999999999999-100000000000000000000]");
}

double Seconds(const std::vector<std::string>& names, std::string* folded) {
  const auto start = std::chrono::steady_clock::now();
  *folded = FoldNodeSet(names);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Generous bounds: a quadratic pass would take minutes.
TEST(NodeSetTest, FoldsLargeSetsFast) {
  std::vector<std::string> row, grid, holes, scattered;
  std::mt19937 random(1);
  for (int i = 0; i < 100000; ++i) {
    row.push_back(absl::StrCat("web", i));
    grid.push_back(absl::StrCat("r", i / 1000, "n", i % 1000));
    if (i % 7 != 0) holes.push_back(absl::StrCat("r", i / 1000, "n", i % 1000));
    scattered.push_back(absl::StrCat(random() % 250, ".", random() % 250, ".", random() % 250, ".",
                                     random() % 250));
  }
  std::string folded;
  for (auto* names : {&row, &grid, &holes, &scattered}) {
    const double seconds = Seconds(*names, &folded);
    RecordProperty(names->front(), absl::StrCat(seconds));
    std::printf("%zu names like %s: %.3f s, %zu bytes\n", names->size(), names->front().c_str(),
                seconds, folded.size());
    EXPECT_LT(seconds, 20);
    EXPECT_EQ(ParseNodeSet(folded)->size(), ParseNodeSet(absl::StrJoin(*names, ","))->size());
  }
}

TEST(TargetTest, ParsesOneHostOnly) {
  EXPECT_EQ(ParseTarget("ann@web1:22").value(), (Target{"ann", "web1", 22}));
  for (const std::string text : {"", "web[1-2]", "web1,web2", "@web", "web*", "web1 "}) {
    EXPECT_EQ(ParseTarget(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace muster
