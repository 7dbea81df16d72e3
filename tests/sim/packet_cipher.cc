#include "tests/sim/packet_cipher.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstring>

#include "absl/base/internal/raw_logging.h"
#include "tests/sim/openssl_ptr.h"

namespace muster::sim {
namespace {

constexpr size_t kLengthBytes = 4;
constexpr size_t kAesBlock = 16;
constexpr size_t kGcmTag = 16;
constexpr size_t kGcmIv = 12;
constexpr size_t kMacBytes = 32;

unsigned char* Bytes(char* at) { return reinterpret_cast<unsigned char*>(at); }
const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Fetched once: a look-up for each session would cost as much as the keys' setting up.
const EVP_CIPHER* Fetched(const char* name) {
  static const EVP_CIPHER* const gcm128 = EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr);
  static const EVP_CIPHER* const gcm256 = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  static const EVP_CIPHER* const ctr128 = EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr);
  if (strcmp(name, "aes128-gcm@openssh.com") == 0) return gcm128;
  return strcmp(name, "aes256-gcm@openssh.com") == 0 ? gcm256 : ctr128;
}

EVP_MAC* FetchedHmac() {
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  return hmac;
}

CipherCtxPtr NewContext(const CipherSuite& suite, const CipherKeys& keys, Direction direction) {
  CipherCtxPtr context(EVP_CIPHER_CTX_new());
  const int result = EVP_CipherInit_ex(context.get(), Fetched(suite.name), nullptr, Bytes(keys.key),
                                       Bytes(keys.iv), direction == Direction::kSeal ? 1 : 0);
  ABSL_RAW_CHECK(result == 1, "cannot set up a cipher");
  return context;
}

class PlainCipher final : public PacketCipher {
 public:
  size_t header_size() const override { return kLengthBytes; }
  size_t tag_size() const override { return 0; }
  size_t block_size() const override { return 8; }
  bool pads_length() const override { return true; }
  void OpenHeader(char*) override {}
  bool Open(uint32_t, char*, size_t) override { return true; }
  void Seal(uint32_t, char*, size_t) override {}
};

// The length is sent in the clear and authenticated; the nonce counts packets (RFC 5647, 7).
class GcmCipher final : public PacketCipher {
 public:
  GcmCipher(const CipherSuite& suite, const CipherKeys& keys, Direction direction)
      : context_(NewContext(suite, keys, direction)) {
    memcpy(iv_, keys.iv.data(), kGcmIv);
  }

  size_t header_size() const override { return kLengthBytes; }
  size_t tag_size() const override { return kGcmTag; }
  size_t block_size() const override { return kAesBlock; }
  bool pads_length() const override { return false; }
  void OpenHeader(char*) override {}

  bool Open(uint32_t, char* packet, size_t length) override {
    Begin(packet);
    char* const body = packet + kLengthBytes;
    EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kGcmTag, body + length);
    return Finish(body, length);
  }

  void Seal(uint32_t, char* packet, size_t length) override {
    Begin(packet);
    char* const body = packet + kLengthBytes;
    Finish(body, length);
    EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kGcmTag, body + length);
  }

 private:
  void Begin(char* packet) {
    int written = 0;
    EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, iv_, -1);
    EVP_CipherUpdate(context_.get(), nullptr, &written, Bytes(packet), kLengthBytes);
    for (size_t i = kGcmIv; i-- > 4 && ++iv_[i] == 0;) {
    }
  }

  bool Finish(char* body, size_t length) {
    int written = 0;
    EVP_CipherUpdate(context_.get(), Bytes(body), &written, Bytes(body), static_cast<int>(length));
    return EVP_CipherFinal_ex(context_.get(), Bytes(body) + written, &written) == 1;
  }

  const CipherCtxPtr context_;
  unsigned char iv_[kGcmIv];
};

class CtrCipher final : public PacketCipher {
 public:
  CtrCipher(const CipherSuite& suite, const MacAlgorithm& mac, const CipherKeys& keys,
            Direction direction)
      : encrypt_then_mac_(mac.encrypt_then_mac),
        context_(NewContext(suite, keys, direction)),
        mac_(EVP_MAC_CTX_new(FetchedHmac())) {
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_END};
    EVP_MAC_init(mac_.get(), Bytes(keys.mac_key), keys.mac_key.size(), params);
  }

  size_t header_size() const override { return encrypt_then_mac_ ? kLengthBytes : kAesBlock; }
  size_t tag_size() const override { return kMacBytes; }
  size_t block_size() const override { return kAesBlock; }
  bool pads_length() const override { return !encrypt_then_mac_; }

  void OpenHeader(char* packet) override {
    if (!encrypt_then_mac_) Crypt(packet, kAesBlock);
  }

  bool Open(uint32_t sequence, char* packet, size_t length) override {
    const size_t size = kLengthBytes + length;
    if (!encrypt_then_mac_) Crypt(packet + kAesBlock, size - kAesBlock);
    char tag[kMacBytes];
    Authenticate(sequence, packet, size, tag);
    if (CRYPTO_memcmp(tag, packet + size, kMacBytes) != 0) return false;
    if (encrypt_then_mac_) Crypt(packet + kLengthBytes, length);
    return true;
  }

  void Seal(uint32_t sequence, char* packet, size_t length) override {
    const size_t size = kLengthBytes + length;
    if (encrypt_then_mac_) Crypt(packet + kLengthBytes, length);
    Authenticate(sequence, packet, size, packet + size);
    if (!encrypt_then_mac_) Crypt(packet, size);
  }

 private:
  void Crypt(char* at, size_t size) {
    int written = 0;
    EVP_CipherUpdate(context_.get(), Bytes(at), &written, Bytes(at), static_cast<int>(size));
  }

  void Authenticate(uint32_t sequence, char* packet, size_t size, char* tag) {
    const unsigned char number[] = {
        static_cast<unsigned char>(sequence >> 24), static_cast<unsigned char>(sequence >> 16),
        static_cast<unsigned char>(sequence >> 8), static_cast<unsigned char>(sequence)};
    size_t written = 0;
    EVP_MAC_init(mac_.get(), nullptr, 0, nullptr);
    EVP_MAC_update(mac_.get(), number, sizeof(number));
    EVP_MAC_update(mac_.get(), Bytes(packet), size);
    EVP_MAC_final(mac_.get(), Bytes(tag), &written, kMacBytes);
  }

  const bool encrypt_then_mac_;
  const CipherCtxPtr context_;
  const MacCtxPtr mac_;
};

}  // namespace

const CipherSuite kCipherSuites[3] = {
    {"aes128-gcm@openssh.com", 16, kGcmIv, true},
    {"aes256-gcm@openssh.com", 32, kGcmIv, true},
    {"aes128-ctr", 16, kAesBlock, false},
};

const MacAlgorithm kMacAlgorithms[2] = {
    {"hmac-sha2-256-etm@openssh.com", true},
    {"hmac-sha2-256", false},
};

std::unique_ptr<PacketCipher> NewPlainCipher() { return std::make_unique<PlainCipher>(); }

std::unique_ptr<PacketCipher> NewCipher(const CipherSuite& suite, const MacAlgorithm& mac,
                                        const CipherKeys& keys, Direction direction) {
  if (suite.own_tag) return std::make_unique<GcmCipher>(suite, keys, direction);
  return std::make_unique<CtrCipher>(suite, mac, keys, direction);
}

}  // namespace muster::sim
