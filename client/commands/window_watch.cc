#include "client/commands/window_watch.h"

#include <chrono>

#include "absl/status/status.h"

namespace muster::client {
namespace {

constexpr std::chrono::milliseconds kInterval(200);

}  // namespace

void WindowWatch::Begin(const std::string& run_id) {
  if (ticker_ != nullptr || run_id.empty()) return;
  run_id_ = run_id;
  told_ = OwnTerminal();
  ticker_ = std::make_unique<Ticker>(kInterval, [this] { Look(); });
}

void WindowWatch::Look() {
  const TerminalExtent now = OwnTerminal();
  if (now.columns == 0 || (now.columns == told_.columns && now.rows == told_.rows)) return;
  const absl::Status status = client_->ResizeTerminal(run_id_, now.columns, now.rows);
  // Else it is told again: the connection may be lost for a while.
  if (status.ok() || absl::IsFailedPrecondition(status)) told_ = now;
}

}  // namespace muster::client
