// The ciphers of the binary packet protocol (RFC 4253, 6; RFC 5647).
#ifndef TESTS_SIM_PACKET_CIPHER_H_
#define TESTS_SIM_PACKET_CIPHER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace muster::sim {

// One direction's cipher and its state. A packet lies at `packet` as: uint32 length, `length`
// bytes, tag. Works in place. Owned by the reader or writer of packets.
class PacketCipher {
 public:
  virtual ~PacketCipher() = default;

  // Bytes at the start of a packet that tell its length.
  virtual size_t header_size() const = 0;
  virtual size_t tag_size() const = 0;
  // What the padded part is a multiple of, and whether the length field belongs to that part.
  virtual size_t block_size() const = 0;
  virtual bool pads_length() const = 0;

  // Makes the length readable. Called once for each packet, with header_size() bytes there.
  virtual void OpenHeader(char* packet) = 0;
  // Decrypts the rest; false where the tag is wrong. `sequence` is the packet's number.
  virtual bool Open(uint32_t sequence, char* packet, size_t length) = 0;
  // Encrypts, and writes the tag behind.
  virtual void Seal(uint32_t sequence, char* packet, size_t length) = 0;
};

// Before the keys are there.
std::unique_ptr<PacketCipher> NewPlainCipher();

enum class Direction { kOpen, kSeal };

struct CipherSuite {
  const char* name;
  size_t key_bytes;
  size_t iv_bytes;
  bool own_tag;  // needs no MAC
};

struct MacAlgorithm {
  const char* name;
  bool encrypt_then_mac;
};

// In the order that the server prefers, which the client's order overrides.
extern const CipherSuite kCipherSuites[3];
extern const MacAlgorithm kMacAlgorithms[2];
constexpr size_t kMacKeyBytes = 32;

struct CipherKeys {
  std::string key;
  std::string iv;
  std::string mac_key;  // unused where the suite has a tag of its own
};

std::unique_ptr<PacketCipher> NewCipher(const CipherSuite& suite, const MacAlgorithm& mac,
                                        const CipherKeys& keys, Direction direction);

}  // namespace muster::sim

#endif  // TESTS_SIM_PACKET_CIPHER_H_
