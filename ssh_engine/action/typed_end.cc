#include "ssh_engine/action/typed_end.h"

#include <algorithm>
#include <utility>

#include "absl/strings/string_view.h"

namespace muster::engine {
namespace {

constexpr absl::string_view kEnd = "\x04\x04";
constexpr absl::Duration kLongestWait = absl::Minutes(1);

}  // namespace

TypedEnd::TypedEnd(EventLoop* loop, ExecChannel* channel, absl::AnyInvocable<void()> on_typed)
    : channel_(channel), on_typed_(std::move(on_typed)), timer_(loop->NewTimer([this] {
        Type();
        on_typed_();
      })) {
  Type();
}

void TypedEnd::Type() {
  if (channel_->closed()) return;
  if (channel_->InputRoom() >= kEnd.size()) channel_->SendInput(kEnd);
  timer_->Arm(wait_);
  wait_ = std::min(2 * wait_, kLongestWait);
}

}  // namespace muster::engine
