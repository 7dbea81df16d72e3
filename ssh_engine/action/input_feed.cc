#include "ssh_engine/action/input_feed.h"

#include <algorithm>
#include <utility>

namespace muster::engine {
namespace {

constexpr int kSendsPerTurn = 8;  // of 32 KB at most

}  // namespace

InputFeed::InputFeed(std::shared_ptr<const std::string> prologue,
                     std::shared_ptr<InputSource> source, uint32_t host, EventLoop* loop,
                     ExecChannel* channel, absl::AnyInvocable<void()> on_more,
                     absl::AnyInvocable<void()> on_end)
    : prologue_(std::move(prologue)),
      source_(std::move(source)),
      host_(host),
      loop_(loop),
      channel_(channel),
      on_more_(std::move(on_more)),
      on_end_(std::move(on_end)) {}

void InputFeed::Send() {
  if (waiting_ || ended_ || !problem().empty() || channel_->closed()) return;
  for (int i = 0; i < kSendsPerTurn; ++i) {
    if (!SendOne()) return;
  }
  waiting_ = true;
  loop_->Post(lifetime_.Guard([this] {
    waiting_ = false;
    on_more_();
  }));
}

bool InputFeed::SendOne() {
  const size_t room = channel_->InputRoom();
  if (room == 0) {
    piece_ = InputPiece();  // it is read again: many hosts may stand still
    return false;
  }
  if (prologue_ != nullptr) return SendPrologue(room);
  if (source_ == nullptr) return End();
  if (piece_.bytes.empty() && !piece_.end && !Fetch()) return false;
  if (!problem().empty()) return false;
  const absl::string_view bytes = piece_.bytes.substr(0, room);
  const size_t sent = bytes.empty() ? 0 : channel_->SendInput(bytes);
  if (sent == 0 && !bytes.empty()) return false;
  position_ += sent;
  piece_.bytes.remove_prefix(sent);
  return piece_.bytes.empty() && piece_.end ? End() : true;
}

bool InputFeed::SendPrologue(size_t room) {
  const absl::string_view rest = absl::string_view(*prologue_).substr(prologue_sent_, room);
  const size_t sent = rest.empty() ? 0 : channel_->SendInput(rest);
  prologue_sent_ += sent;
  if (prologue_sent_ == prologue_->size()) prologue_ = nullptr;
  return sent > 0 || prologue_ == nullptr;
}

bool InputFeed::End() {
  ended_ = true;
  on_end_();
  return false;
}

// Whether there is something now.
bool InputFeed::Fetch() {
  waiting_ = true;
  auto take = lifetime_.Guard([this](InputPiece piece) { Take(std::move(piece)); });
  piece_ = source_->Read(host_, position_,
                         [loop = loop_, take = std::move(take)](InputPiece piece) mutable {
                           loop->Post([take = std::move(take), piece = std::move(piece)]() mutable {
                             take(std::move(piece));
                           });
                         });
  if (piece_.bytes.empty() && !piece_.end && problem().empty()) return false;
  waiting_ = false;
  return true;
}

void InputFeed::Take(InputPiece piece) {
  waiting_ = false;
  piece_ = std::move(piece);
  on_more_();
}

}  // namespace muster::engine
