// Lines that are not whole, at a terminal of the test's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <string>

#include "client/output/printer.h"

namespace muster::client {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kClear[] = "\r\x1b[K";

// Standard output and standard error are a terminal while it lives.
class Terminal {
 public:
  Terminal() : out_(dup(1)), err_(dup(2)) {
    int slave = -1;
    winsize size = {24, 40, 0, 0};
    EXPECT_EQ(openpty(&master_, &slave, nullptr, nullptr, &size), 0);
    dup2(slave, 1);
    dup2(slave, 2);
    close(slave);
  }
  ~Terminal() {
    Restore();
    close(master_);
  }
  // All that was written, once: it fits into the kernel's buffer.
  std::string Restore() {
    if (out_ < 0) return "";
    dup2(out_, 1);
    dup2(err_, 2);
    close(out_);
    close(err_);
    out_ = err_ = -1;
    std::string shown(4096, '\0');
    const ssize_t size = read(master_, shown.data(), shown.size());
    shown.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return shown;
  }

 private:
  int master_ = -1;
  int out_;
  int err_;
};

class LinePartsTest : public ::testing::Test {
 protected:
  static v1::Event Output(uint32_t host, const std::string& data, bool split) {
    v1::Event event;
    event.mutable_output()->set_host_index(host);
    event.mutable_output()->set_stream(v1::OUTPUT_STREAM_STDOUT);
    event.mutable_output()->set_data(data);
    event.mutable_output()->set_split(split);
    return event;
  }
  static v1::Event Part(uint32_t host, const std::string& data) { return Output(host, data, true); }
  static v1::Event Whole(uint32_t host, const std::string& data) {
    return Output(host, data, false);
  }
  // What comes to the terminal of these events, each shown before the next; a status is there.
  static std::string Show(const std::vector<v1::Event>& events) {
    Terminal terminal;
    {
      OutputWriter writer;
      RunView view;
      LineFormat format;
      format.parts = true;
      const auto printer = NewLinePrinter(&writer, format);
      v1::Event hosts;
      for (const char* name : {"web1", "web2"}) {
        hosts.mutable_hosts_added()->add_hosts()->set_name(name);
      }
      view.Apply(hosts);
      for (const v1::Event& event : events) {
        view.Apply(event);
        printer->OnEvent(event, view);
        writer.Flush();
        writer.ShowStatus("1/2 done");
      }
      printer->OnEnd(view);
      writer.ShowStatus("");
    }
    return terminal.Restore();
  }
};

TEST_F(LinePartsTest, APartStandsInPlaceOfTheStatus) {
  const std::string shown = Show({Part(0, "Password: ")});
  EXPECT_THAT(shown, HasSubstr("web1: Password: "));
  EXPECT_THAT(shown, Not(HasSubstr("done")));
  EXPECT_THAT(shown, EndsWith(std::string(kClear) + "web1: Password: \r\n"));
}

TEST_F(LinePartsTest, AnotherHostsLineIsPrintedAboveIt) {
  const std::string shown = Show({Part(0, "12%"), Whole(1, "hi\n"), Whole(0, "\n")});
  EXPECT_EQ(shown, std::string("web1: 12%") + kClear + "web2: hi\r\nweb1: 12%" + kClear +
                       "web1: 12%\r\n" + kClear + "1/2 done" + kClear);
}

TEST_F(LinePartsTest, AProgressBarIsWrittenOverAndItsEndStays) {
  const std::string shown = Show({Part(0, "1%\r"), Part(0, "2%\r3%\r"), Whole(0, "100%\r\n")});
  EXPECT_EQ(shown, std::string("web1: 1%") + kClear + "web1: 3%" + kClear + "web1: 100%\r\n" +
                       kClear + "1/2 done" + kClear);
}

TEST_F(LinePartsTest, WhereTheLastOneIsWholeAnotherIsShown) {
  const std::string shown = Show({Part(0, "one"), Part(1, "two"), Whole(1, "\n")});
  EXPECT_THAT(shown, HasSubstr(std::string(kClear) + "web2: two\r\nweb1: one"));
}

TEST_F(LinePartsTest, ItFitsAndNothingOfItIsObeyed) {
  const std::string shown = Show({Part(0, "\x1b]0;title\x07" + std::string(100, 'x'))});
  const std::string first = shown.substr(0, shown.find(kClear));
  EXPECT_EQ(first.size(), 39u);
  EXPECT_THAT(first, HasSubstr("web1: ^[]0;title^G"));
}

}  // namespace
}  // namespace muster::client
