#include "ssh_engine/credentials/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/base/wire_reader.h"

namespace muster::engine {
namespace {

// draft-miller-ssh-agent, 5.1.
constexpr char kFailure = 5;
constexpr char kRequestIdentities = 11;
constexpr char kIdentitiesAnswer = 12;
constexpr uint32_t kMaxAnswer = 256 * 1024;  // bytes; what OpenSSH's own client takes

// One question to one agent.
class AgentConnection {
 public:
  AgentConnection(const std::string& path, absl::Duration timeout)
      : path_(path),
        deadline_(std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(timeout)) {}

  absl::Status Connect();
  absl::Status Send(absl::string_view bytes);
  // Exactly `length` bytes.
  absl::StatusOr<std::string> Receive(size_t length);

  std::string Name() const { return absl::StrCat("ssh-agent at ", path_); }

 private:
  int MillisecondsLeft() const;
  absl::Status WaitFor(short events);
  absl::Status Error(absl::string_view what, int error) const;

  const std::string path_;
  const std::chrono::steady_clock::time_point deadline_;
  UniqueFd fd_;
};

int AgentConnection::MillisecondsLeft() const {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 3'600'000));
}

absl::Status AgentConnection::Error(absl::string_view what, int error) const {
  return absl::ErrnoToStatus(error, absl::StrCat(what, " ", Name()));
}

absl::Status AgentConnection::Connect() {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path_.empty() || path_.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat(Name(), ": a unix socket's path has 1 to ",
                                                   sizeof(address.sun_path) - 1,
                                                   " bytes; check SSH_AUTH_SOCK"));
  }
  memcpy(address.sun_path, path_.data(), path_.size());
  fd_.Reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd_.valid()) return Error("cannot make a socket for", errno);
  // connect() waits where the agent's backlog is full, and poll() cannot tell when that has passed.
  const int left = std::max(MillisecondsLeft(), 1);
  const timeval limit = {left / 1000, left % 1000 * 1000};
  if (setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0) {
    return Error("cannot set a time limit for", errno);
  }
  if (connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    if (errno == EAGAIN) return absl::DeadlineExceededError(absl::StrCat(Name(), " is too busy"));
    if (errno == ECONNREFUSED) {
      return absl::UnavailableError(
          absl::StrCat("nobody listens at ", path_, "; is the ssh-agent still running?"));
    }
    return Error("cannot connect to", errno);
  }
  if (fcntl(fd_.get(), F_SETFL, O_NONBLOCK) != 0) return Error("cannot set up", errno);
  return absl::OkStatus();
}

absl::Status AgentConnection::WaitFor(short events) {
  while (true) {
    pollfd wait = {fd_.get(), events, 0};
    const int left = MillisecondsLeft();
    const int ready = poll(&wait, 1, left);
    if (ready > 0) return absl::OkStatus();
    if (ready == 0) return absl::DeadlineExceededError(absl::StrCat(Name(), " does not answer"));
    if (errno != EINTR) return Error("cannot wait for", errno);
  }
}

absl::Status AgentConnection::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(sent);
      continue;
    }
    if (errno == EPIPE || errno == ECONNRESET) {
      return absl::UnavailableError(absl::StrCat(Name(), " hung up"));
    }
    if (errno != EAGAIN && errno != EINTR) return Error("cannot write to", errno);
    if (absl::Status waited = WaitFor(POLLOUT); !waited.ok()) return waited;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> AgentConnection::Receive(size_t length) {
  std::string bytes(length, '\0');
  size_t received = 0;
  while (received < length) {
    if (absl::Status waited = WaitFor(POLLIN); !waited.ok()) return waited;
    const ssize_t got = recv(fd_.get(), &bytes[received], length - received, 0);
    if (got == 0 || (got < 0 && errno == ECONNRESET)) {
      return absl::UnavailableError(absl::StrCat(Name(), " hung up before it had answered"));
    }
    if (got < 0 && errno != EAGAIN && errno != EINTR) return Error("cannot read from", errno);
    if (got > 0) received += got;
  }
  return bytes;
}

absl::optional<std::vector<AgentKey>> ParseKeys(absl::string_view body) {
  WireReader reader(body);
  const absl::optional<uint32_t> count = reader.Uint32();
  if (!count) return absl::nullopt;
  std::vector<AgentKey> keys;  // not reserved: the count is the peer's word
  for (uint32_t i = 0; i < *count; ++i) {
    const absl::optional<absl::string_view> blob = reader.String();
    const absl::optional<absl::string_view> comment = reader.String();
    if (!blob || !comment) return absl::nullopt;
    keys.push_back({std::string(*blob), std::string(*comment)});
  }
  return keys;
}

// RFC 4251, 5.
std::string Uint32(size_t number) {
  return {static_cast<char>(number >> 24), static_cast<char>(number >> 16),
          static_cast<char>(number >> 8), static_cast<char>(number)};
}

std::string String(absl::string_view bytes) { return absl::StrCat(Uint32(bytes.size()), bytes); }

}  // namespace

std::string AgentAnswer(const std::vector<AgentKey>& keys) {
  std::string body = absl::StrCat(std::string(1, kIdentitiesAnswer), Uint32(keys.size()));
  for (const AgentKey& key : keys) absl::StrAppend(&body, String(key.blob), String(key.comment));
  return String(body);
}

absl::StatusOr<std::vector<AgentKey>> ListAgentKeys(const std::string& socket_path,
                                                    absl::Duration timeout) {
  AgentConnection agent(socket_path, timeout);
  if (absl::Status connected = agent.Connect(); !connected.ok()) return connected;
  const std::string request = {0, 0, 0, 1, kRequestIdentities};
  if (absl::Status sent = agent.Send(request); !sent.ok()) return sent;

  const absl::StatusOr<std::string> header = agent.Receive(4);
  if (!header.ok()) return header.status();
  const uint32_t length = *WireReader(*header).Uint32();
  if (length == 0 || length > kMaxAnswer) {
    return absl::DataLossError(absl::StrCat(agent.Name(), " announces an answer of ", length,
                                            " bytes, 1 to ", kMaxAnswer, " are taken"));
  }
  const absl::StatusOr<std::string> answer = agent.Receive(length);
  if (!answer.ok()) return answer.status();

  const char type = answer->front();
  if (type == kFailure) {
    return absl::FailedPreconditionError(absl::StrCat(agent.Name(), " refused to list its keys"));
  }
  absl::optional<std::vector<AgentKey>> keys;
  if (type == kIdentitiesAnswer) keys = ParseKeys(absl::string_view(*answer).substr(1));
  if (!keys) {
    return absl::DataLossError(
        absl::StrCat(agent.Name(), " answers with something that is not a list of keys"));
  }
  return *std::move(keys);
}

}  // namespace muster::engine
