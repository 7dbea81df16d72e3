// Messages to packets and back (RFC 4253, 6).
#ifndef TESTS_SIM_PACKET_CODEC_H_
#define TESTS_SIM_PACKET_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "tests/sim/packet_cipher.h"

namespace muster::sim {

// More than the 32 KiB of data that the server lets a client send at once.
constexpr size_t kMaxPacketBytes = 64 * 1024;

// Takes packets out of a stream. Decrypts in place.
class PacketReader {
 public:
  enum class Result { kMessage, kNeedMore, kBad };

  // Looks at the `size` bytes at `data`, which begin where the last message ended. After kMessage,
  // `message` is a view into them and `used` says where the next packet begins. After kNeedMore the
  // same bytes, which may have been changed, must come again with more behind them.
  Result Next(char* data, size_t size, absl::string_view* message, size_t* used);

  // For the packets that come after the one just read.
  void SetCipher(std::unique_ptr<PacketCipher> cipher) { cipher_ = std::move(cipher); }
  uint32_t sequence() const { return sequence_; }

 private:
  bool ReadLength(char* data);

  std::unique_ptr<PacketCipher> cipher_ = NewPlainCipher();
  uint32_t sequence_ = 0;
  size_t length_ = 0;  // of the packet at hand, 0: not known yet
};

// Appends packets to a string. A message is built where its packet will stand: nothing is copied.
class PacketWriter {
 public:
  // The caller appends the message to `out`, and nothing else happens to `out` until End.
  void Begin(std::string* out);
  void End();

  void SetCipher(std::unique_ptr<PacketCipher> cipher) { cipher_ = std::move(cipher); }

 private:
  std::unique_ptr<PacketCipher> cipher_ = NewPlainCipher();
  uint32_t sequence_ = 0;
  std::string* out_ = nullptr;
  size_t start_ = 0;  // of the packet within out_
};

}  // namespace muster::sim

#endif  // TESTS_SIM_PACKET_CODEC_H_
