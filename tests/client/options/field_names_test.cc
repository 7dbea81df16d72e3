#include "client/options/field_names.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "muster/v1/run.pb.h"

namespace muster::client {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

bool IsLeaf(const FieldDescriptor* field) {
  return field->is_map() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
         field->message_type()->full_name() == "google.protobuf.Duration";
}

void AddLeaves(const Descriptor* message, const std::string& path, std::set<std::string>* leaves) {
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* const field = message->field(i);
    const std::string name = absl::StrCat(path, path.empty() ? "" : ".", field->name());
    if (IsLeaf(field)) {
      leaves->insert(name);
    } else {
      AddLeaves(field->message_type(), name, leaves);
    }
  }
}

// Whatever field comes next.
TEST(FieldNamesTest, EachFieldOfARunHasAnOption) {
  std::set<std::string> leaves;
  AddLeaves(v1::RunSpec::descriptor(), "", &leaves);
  EXPECT_GE(leaves.size(), 40u);
  for (const std::string& leaf : leaves) EXPECT_NE(OptionOf(leaf), "") << leaf;
}

TEST(FieldNamesTest, AFieldAtTheBeginningIsCalledAsTheOption) {
  EXPECT_EQ(InOptions("rollout.batches: \"x\" is no number"), "--batches: \"x\" is no number");
  EXPECT_EQ(InOptions("labels: 70; at most 64"), "--label: 70; at most 64");
  EXPECT_EQ(InOptions("retries: 101; at most 100"), "--retries: 101; at most 100");
  EXPECT_EQ(InOptions("command: it is empty"), "the command: it is empty");
  EXPECT_EQ(InOptions("warning: targets.ignored_variables: none"),
            "warning: --ignore-variable: none");
}

TEST(FieldNamesTest, OneWithinASentenceToo) {
  EXPECT_EQ(InOptions("to run without that: targets.ignored_variables ansible_become"),
            "to run without that: --ignore-variable ansible_become");
  EXPECT_EQ(InOptions("give login.port, or timeouts.connect."),
            "give --port, or --connect-timeout.");
}

TEST(FieldNamesTest, OtherWordsStay) {
  for (const char* text :
       {"", ".", "the command and its user: labels", "web.login.user", "login.user-1 is down",
        "the host \"login.user\" is unknown", "no such run", "spec.login.field 9", "a: b",
        "bad target expression, position 1: x\n  \xc3\xa9\n  ^"}) {
    EXPECT_EQ(InOptions(text), text);
  }
}

TEST(FieldNamesTest, WhatAnOlderDaemonDoesNotKnowHasItsName) {
  EXPECT_EQ(InOptions("this musterd does not know spec.login.local.field 6: update it"),
            "this musterd does not know the password: update it");
  EXPECT_EQ(InOptions("does not know spec.rollout.batches[1].field 2, field 9999, spec.field 7777"),
            "does not know --batches, field 9999, spec.field 7777");
  for (const char* field : {"spec.login.field 7", "login.field 7"}) {
    EXPECT_EQ(InOptions(absl::StrCat("this musterd does not know ", field, ": update it")),
              "this musterd does not know --ssh-config (muster daemon restart starts your own "
              "anew, and -F none does without): update it");
  }
}

}  // namespace
}  // namespace muster::client
