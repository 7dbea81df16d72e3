// --output-dir, and the names of its files.
#include "client/output/output_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace muster::client {
namespace {

namespace fs = std::filesystem;

TEST(FileNamesTest, PlainNamesStay) {
  FileNames names;
  EXPECT_EQ(names.NameFor("web01.example.com", 0), "web01.example.com");
  EXPECT_EQ(names.NameFor("ann@[2001:db8::1]:22", 1), "ann@[2001:db8::1]:22");
}

TEST(FileNamesTest, NothingLeavesTheFolderOrHides) {
  FileNames names;
  EXPECT_EQ(names.NameFor("../etc/passwd", 0), "_._etc_passwd");
  EXPECT_EQ(names.NameFor("..", 1), "_.");
  EXPECT_EQ(names.NameFor("", 2), "_");
  EXPECT_EQ(names.NameFor("-rf", 3), "_rf");
  EXPECT_EQ(names.NameFor(std::string(400, 'x'), 4).size(), 200u);
}

TEST(FileNamesTest, NoTwoHostsShareAFile) {
  FileNames names;
  EXPECT_EQ(names.NameFor("web", 0), "web");
  EXPECT_EQ(names.NameFor("web.err", 1), "web.err~1");
  EXPECT_EQ(names.NameFor("a/b", 2), "a_b");
  EXPECT_EQ(names.NameFor("a_b", 3), "a_b~3");
}

class OutputFilesTest : public ::testing::Test {
 protected:
  OutputFilesTest() : folder_(::testing::TempDir() + "/output_files_test/deep") {
    fs::remove_all(folder_);
  }
  static v1::Event Hosts(int count) {
    v1::Event event;
    for (int i = 0; i < count; ++i) {
      event.mutable_hosts_added()->add_hosts()->set_name("web" + std::to_string(i));
    }
    return event;
  }
  static v1::Event Output(uint32_t host, const std::string& data, bool err = false) {
    v1::Event event;
    event.mutable_output()->set_host_index(host);
    event.mutable_output()->set_stream(err ? v1::OUTPUT_STREAM_STDERR : v1::OUTPUT_STREAM_STDOUT);
    event.mutable_output()->set_data(data);
    return event;
  }
  static v1::Event Finished(uint32_t host) {
    v1::Event event;
    event.mutable_host_finished()->set_host_index(host);
    event.mutable_host_finished()->mutable_outcome()->set_state(v1::HOST_STATE_SUCCEEDED);
    return event;
  }
  absl::Status Write(const std::vector<v1::Event>& events) {
    auto files = OutputFiles::Open(folder_);
    if (!files.ok()) return files.status();
    RunView view;
    for (const v1::Event& event : events) {
      view.Apply(event);
      (*files)->OnEvent(event, view);
    }
    (*files)->OnEnd(view);
    return (*files)->status();
  }
  std::string Read(const std::string& name) {
    std::stringstream text;
    text << std::ifstream(folder_ + "/" + name, std::ios::binary).rdbuf();
    return text.str();
  }
  const std::string folder_;
};

TEST_F(OutputFilesTest, EachStreamHasItsBytes) {
  const std::string bytes("a\0b\xff\nc", 6);
  ASSERT_TRUE(Write({Hosts(2), Output(0, "oops\n", true), Output(0, bytes), Output(0, bytes),
                     Finished(0), Finished(1)})
                  .ok());
  EXPECT_EQ(Read("web0"), bytes + bytes);
  EXPECT_EQ(Read("web0.err"), "oops\n");
  EXPECT_TRUE(fs::exists(folder_ + "/web1"));  // it had nothing to say
  EXPECT_FALSE(fs::exists(folder_ + "/web1.err"));
}

TEST_F(OutputFilesTest, FilesOfAnEarlierRunAreReplacedAndLinksNotFollowed) {
  fs::create_directories(folder_);
  std::ofstream(folder_ + "/precious") << "data";
  std::ofstream(folder_ + "/web0.err") << "old";
  fs::create_symlink("precious", folder_ + "/web0");
  ASSERT_TRUE(Write({Hosts(1), Output(0, "new"), Finished(0)}).ok());
  EXPECT_EQ(Read("web0"), "new");
  EXPECT_EQ(Read("precious"), "data");
  EXPECT_FALSE(fs::exists(folder_ + "/web0.err"));
}

TEST_F(OutputFilesTest, MoreHostsThanFilesMayBeOpen) {
  std::vector<v1::Event> events = {Hosts(700)};
  for (const char* piece : {"one\n", "two\n"}) {
    for (uint32_t host = 0; host < 700; ++host) events.push_back(Output(host, piece));
  }
  ASSERT_TRUE(Write(events).ok());
  for (int host = 0; host < 700; ++host) {
    EXPECT_EQ(Read("web" + std::to_string(host)), "one\ntwo\n");
  }
}

TEST_F(OutputFilesTest, WhatCannotBeWrittenIsTold) {
  fs::create_directories(folder_ + "/web0/full");
  const absl::Status status = Write({Hosts(2), Output(0, "x"), Output(1, "y"), Finished(1)});
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("web0"));
  EXPECT_EQ(Read("web1"), "y");
}

}  // namespace
}  // namespace muster::client
