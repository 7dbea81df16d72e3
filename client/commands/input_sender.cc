#include "client/commands/input_sender.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::client {
namespace {

constexpr size_t kReadBytes = 256 << 10;
// While the hosts are behind.
constexpr int kFirstPause = 20;  // milliseconds
constexpr int kLongestPause = 500;

}  // namespace

InputSender::InputSender(MusterClient* client, std::function<void(const absl::Status&)> on_failure)
    : client_(client), on_failure_(std::move(on_failure)), stop_(eventfd(0, EFD_CLOEXEC)) {}

InputSender::~InputSender() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_, &one, sizeof(one));
  if (thread_.joinable()) thread_.join();
  close(stop_);
}

void InputSender::Begin(const std::string& run_id) {
  if (run_id.empty() || thread_.joinable()) return;
  run_id_ = run_id;
  thread_ = std::thread([this] { Work(); });
}

void InputSender::Work() {
  std::string buffer(kReadBytes, '\0');
  while (AwaitInput()) {
    const ssize_t size = read(STDIN_FILENO, &buffer[0], buffer.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    idle_ = false;
    if (size < 0) {
      return on_failure_(absl::UnknownError(
          absl::StrCat("standard input could not be read: ", std::strerror(errno))));
    }
    if (!Send({buffer.data(), static_cast<size_t>(size)}, size == 0) || size == 0) return;
  }
}

bool InputSender::AwaitInput() {
  struct pollfd ready[] = {{STDIN_FILENO, POLLIN, 0}, {stop_, POLLIN, 0}};
  while (poll(ready, 2, -1) < 0) {
    if (errno != EINTR) return true;  // reading says what is wrong
  }
  return ready[1].revents == 0;
}

bool InputSender::Pause(int milliseconds) {
  struct pollfd stop = {stop_, POLLIN, 0};
  return poll(&stop, 1, milliseconds) <= 0;
}

bool InputSender::Send(absl::string_view data, bool end) {
  v1::SendInputRequest request;
  request.set_run_id(run_id_);
  int pause = kFirstPause;
  for (;;) {
    request.set_offset(offset_);
    request.set_data(std::string(data));
    request.set_end(end);
    const absl::StatusOr<v1::SendInputResponse> taken = client_->SendInput(request);
    // The run has ended: its commands read no more.
    if (absl::IsFailedPrecondition(taken.status()) || absl::IsNotFound(taken.status()))
      return false;
    if (!taken.ok()) return on_failure_(taken.status()), false;
    const uint64_t more = taken->offset() - std::min(taken->offset(), offset_);
    offset_ = std::max(offset_, taken->offset());
    data.remove_prefix(static_cast<size_t>(std::min<uint64_t>(more, data.size())));
    if (data.empty() && (!end || taken->end())) return true;
    pause = more > 0 ? kFirstPause : std::min(2 * pause, kLongestPause);
    if (!Pause(pause)) return false;
  }
}

}  // namespace muster::client
