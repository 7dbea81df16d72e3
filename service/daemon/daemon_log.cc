#include "service/daemon/daemon_log.h"

#include <google/protobuf/stubs/logging.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <vector>

#include "proto/contract/visible_text.h"

namespace muster::service {
namespace {

// Room for one message with all that it quotes.
constexpr size_t kMaxMessageBytes = 16 << 10;

// A message, visible; in place of %v.
class VisibleMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& to) override {
    const std::string shown =
        Visible({message.payload.data(), message.payload.size()}, kMaxMessageBytes);
    to.append(shown.data(), shown.data() + shown.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<VisibleMessage>();
  }
};

// Whoever sends what is no message is answered; protobuf's own lines would let him fill the log.
void TakeFromProtobuf(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  spdlog::debug("protobuf: {}", message);
}

}  // namespace

std::unique_ptr<spdlog::formatter> NewLogFormatter() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<VisibleMessage>('*');
  formatter->set_pattern("[%Y-%m-%d %H:%M:%S.%e] [%n] [%^%l%$] %*");
  return formatter;
}

absl::Status StartLog(const std::string& file, const std::string& level) {
  std::vector<spdlog::sink_ptr> sinks = {std::make_shared<spdlog::sinks::stderr_color_sink_mt>()};
  try {
    sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(file));
  } catch (const spdlog::spdlog_ex& error) {
    return absl::UnavailableError(error.what());
  }
  auto logger = std::make_shared<spdlog::logger>("musterd", sinks.begin(), sinks.end());
  logger->set_formatter(NewLogFormatter());
  spdlog::set_default_logger(std::move(logger));
  spdlog::set_level(spdlog::level::from_str(level));
  spdlog::flush_on(spdlog::level::info);
  google::protobuf::SetLogHandler(TakeFromProtobuf);
  return absl::OkStatus();
}

}  // namespace muster::service
