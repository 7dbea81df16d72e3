// How much a server may say that is no output.
#ifndef SSH_ENGINE_LIBSSH_CHATTER_LIMIT_H_
#define SSH_ENGINE_LIBSSH_CHATTER_LIMIT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace muster::engine {

// Key exchanges, keep-alives and notices take an honest server some bytes a second; a hostile one
// that sends requests, packets to be ignored and the like without an end burns a core. So what is
// no channel data is limited: to kMost in each kPeriod, and half as much as there is data, since
// keys are exchanged anew after so many bytes. Loop-confined; reads the clock only once so much has
// come.
class ChatterLimit {
 public:
  static constexpr uint64_t kMost = 2 * 1024 * 1024;  // bytes
  static constexpr absl::Duration kPeriod = absl::Minutes(10);
  static constexpr uint64_t kDataShare = 2;
  // It is counted after each so many bytes: this is asked after every read.
  static constexpr uint64_t kStep = 4096;
  // For who takes long to exchange keys (16 ms, 2.3 KiB or more): some two hundred exchanges, and
  // one more for each half MiB of data. OpenSSH's "RekeyLimit 1M" has that many.
  static constexpr uint64_t kTightMost = 512 * 1024;
  static constexpr uint64_t kTightDataShare = 128;

  explicit ChatterLimit(absl::Time (*clock)() = absl::Now) : clock_(clock), since_(clock()) {}

  void Tighten() {
    most_ = kTightMost;
    data_share_ = kTightDataShare;
  }
  // A packet of channel data has come.
  void CountData(size_t bytes) {
    if (bytes > 0) data_ += bytes + kPacket;
  }
  // Whether too much else has; `bytes` and `packets` are the payload of all packets so far, `sent`
  // the bytes that went the other way.
  bool Passed(uint64_t bytes, uint64_t packets, uint64_t sent = 0) {
    const uint64_t all = bytes + kPacket * packets;
    if (all - seen_ < kStep) return false;
    const uint64_t data = std::min(data_, all);
    chatter_ += all - data - (seen_ - seen_data_);
    const uint64_t earned = (data - seen_data_) / data_share_ + (sent - seen_sent_) / kSentShare;
    chatter_ -= std::min(chatter_, earned);
    seen_ = all;
    seen_sent_ = sent;
    seen_data_ = data;
    return chatter_ > most_ && !NewPeriod();
  }

 private:
  // What a packet costs beside its payload. Of one of data the head, too, is taken for chatter.
  static constexpr uint64_t kPacket = 32;
  // A window adjustment comes for 32 KiB or more. An answer of ours earns nothing.
  static constexpr uint64_t kSentShare = 256;

  bool NewPeriod() {
    const absl::Time now = clock_();
    if (now - since_ < kPeriod) return false;
    since_ = now;
    chatter_ = 0;
    return true;
  }

  absl::Time (*const clock_)();
  uint64_t most_ = kMost;
  uint64_t data_share_ = kDataShare;
  absl::Time since_;        // the period's begin
  uint64_t chatter_ = 0;    // in it, as far as no data makes up for it
  uint64_t data_ = 0;       // with kPacket for each packet
  uint64_t seen_ = 0;       // by the last Passed: of everything
  uint64_t seen_data_ = 0;  // and of data
  uint64_t seen_sent_ = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_CHATTER_LIMIT_H_
