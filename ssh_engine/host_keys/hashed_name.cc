// libssh and OpenSSL 3 offer no other way to go on from a half-computed SHA-1.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "ssh_engine/host_keys/hashed_name.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::engine {
namespace {

constexpr size_t kBlock = 64;  // bytes, of SHA-1
constexpr size_t kSalt = SHA_DIGEST_LENGTH;
using Block = std::array<unsigned char, kBlock>;
using Words = std::array<uint32_t, 5>;

constexpr Words kStart = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};

Words Compress(const Words& state, const Block& block) {
  SHA_CTX context;
  context.h0 = state[0];
  context.h1 = state[1];
  context.h2 = state[2];
  context.h3 = state[3];
  context.h4 = state[4];
  SHA1_Transform(&context, block.data());
  return {context.h0, context.h1, context.h2, context.h3, context.h4};
}

void Store(uint32_t word, unsigned char* to) {
  for (int shift = 24; shift >= 0; shift -= 8) *to++ = static_cast<unsigned char>(word >> shift);
}

uint32_t Load(const unsigned char* from) {
  return uint32_t{from[0]} << 24 | uint32_t{from[1]} << 16 | uint32_t{from[2]} << 8 | from[3];
}

// Of a message whose first block was the padded key (RFC 2104) and whose other bytes are `size`.
void StoreLength(size_t size, Block* last) {
  Store(static_cast<uint32_t>((kBlock + size) * 8), last->data() + kBlock - 4);
}

Words StartHmac(absl::string_view salt, unsigned char pad) {
  Block block;
  block.fill(pad);
  for (size_t i = 0; i < salt.size(); ++i) block[i] ^= static_cast<unsigned char>(salt[i]);
  return Compress(kStart, block);
}

Words WordsOf(absl::string_view digest) {
  Words words;
  const auto* bytes = reinterpret_cast<const unsigned char*>(digest.data());
  for (size_t i = 0; i < words.size(); ++i) words[i] = Load(bytes + 4 * i);
  return words;
}

}  // namespace

NameToTry::NameToTry(absl::string_view name) {
  constexpr size_t kTail = 9;  // at least: the bit after the message, and its length
  blocks_.resize((name.size() + kTail + kBlock - 1) / kBlock);
  for (Block& block : blocks_) block.fill(0);
  for (size_t i = 0; i < name.size(); ++i) {
    blocks_[i / kBlock][i % kBlock] = static_cast<unsigned char>(name[i]);
  }
  blocks_[name.size() / kBlock][name.size() % kBlock] = 0x80;
  StoreLength(name.size(), &blocks_.back());
}

absl::StatusOr<HashedName> HashedName::Parse(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '|');
  std::string salt, digest;
  if (parts.size() != 4 || parts[1] != "1" || !absl::Base64Unescape(parts[2], &salt) ||
      !absl::Base64Unescape(parts[3], &digest) || salt.size() != kSalt ||
      digest.size() != SHA_DIGEST_LENGTH) {
    return absl::InvalidArgumentError(
        "a hashed name is |1|SALT|HASH, with 20 bytes each in base64");
  }
  HashedName hashed;
  hashed.inner_ = StartHmac(salt, 0x36);
  hashed.outer_ = StartHmac(salt, 0x5c);
  hashed.digest_ = WordsOf(digest);
  return hashed;
}

absl::StatusOr<HashedName> HashedName::Make(absl::string_view name, std::string* text) {
  std::string salt(kSalt, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&salt[0]), kSalt) != 1) {
    return absl::InternalError("OpenSSL has no random bytes");
  }
  HashedName hashed;
  hashed.inner_ = StartHmac(salt, 0x36);
  hashed.outer_ = StartHmac(salt, 0x5c);
  hashed.digest_ = hashed.Compute(NameToTry(name));
  *text = absl::StrCat("|1|", absl::Base64Escape(salt), "|", absl::Base64Escape(hashed.digest()));
  return hashed;
}

std::string HashedName::digest() const {
  std::string bytes(SHA_DIGEST_LENGTH, '\0');
  for (size_t i = 0; i < digest_.size(); ++i) {
    Store(digest_[i], reinterpret_cast<unsigned char*>(&bytes[4 * i]));
  }
  return bytes;
}

HashedName::Words HashedName::Compute(const NameToTry& name) const {
  Words state = inner_;
  for (const Block& block : name.blocks_) state = Compress(state, block);
  Block last = {};
  for (size_t i = 0; i < state.size(); ++i) Store(state[i], last.data() + 4 * i);
  last[SHA_DIGEST_LENGTH] = 0x80;
  StoreLength(SHA_DIGEST_LENGTH, &last);
  return Compress(outer_, last);
}

}  // namespace muster::engine
