#include "tests/sim/keys.h"

#include "absl/base/internal/raw_logging.h"
#include "tests/sim/wire.h"

namespace muster::sim {
namespace {

constexpr char kEd25519[] = "ssh-ed25519";
constexpr size_t kKeyBytes = 32;
constexpr size_t kSignatureBytes = 64;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* Bytes(std::string* text) { return reinterpret_cast<unsigned char*>(&(*text)[0]); }

std::string RawPublicKey(const EVP_PKEY* key) {
  std::string raw(kKeyBytes, '\0');
  size_t size = raw.size();
  EVP_PKEY_get_raw_public_key(key, Bytes(&raw), &size);
  return raw;
}

}  // namespace

std::string Sha256(absl::string_view bytes) {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::string digest(kKeyBytes, '\0');
  EVP_Digest(bytes.data(), bytes.size(), Bytes(&digest), nullptr, sha256, nullptr);
  return digest;
}

HostKey::HostKey(absl::string_view seed)
    : key_(
          EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(Sha256(seed)), kKeyBytes)) {
  ABSL_RAW_CHECK(key_ != nullptr, "cannot make a host key");
  WireWriter(&public_blob_).String(kEd25519).String(RawPublicKey(key_.get()));
}

std::string HostKey::Sign(absl::string_view data) const {
  const MdCtxPtr context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get());
  EVP_DigestSign(context.get(), Bytes(&signature), &size, Bytes(data), data.size());
  std::string blob;
  WireWriter(&blob).String(kEd25519).String(signature);
  return blob;
}

KeyExchange::KeyExchange()
    : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")),
      context_(EVP_PKEY_CTX_new(key_.get(), nullptr)),
      public_key_(RawPublicKey(key_.get())) {
  ABSL_RAW_CHECK(EVP_PKEY_derive_init(context_.get()) == 1, "cannot set up X25519");
}

absl::optional<std::string> KeyExchange::SharedSecret(absl::string_view peer_public_key) {
  if (peer_public_key.size() != kKeyBytes) return absl::nullopt;
  const PkeyPtr peer(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, Bytes(peer_public_key), kKeyBytes));
  std::string secret(kKeyBytes, '\0');
  size_t size = secret.size();
  if (peer == nullptr || EVP_PKEY_derive_set_peer(context_.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context_.get(), Bytes(&secret), &size) != 1) {
    return absl::nullopt;
  }
  return secret;
}

bool VerifyEd25519(absl::string_view public_blob, absl::string_view signature,
                   absl::string_view data) {
  WireReader key(public_blob);
  WireReader signed_by(signature);
  if (key.String() != kEd25519 || signed_by.String() != kEd25519) return false;
  const absl::string_view raw = key.String();
  const absl::string_view raw_signature = signed_by.String();
  const PkeyPtr pkey(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(raw), raw.size()));
  const MdCtxPtr context(EVP_MD_CTX_new());
  return pkey != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(raw_signature), raw_signature.size(), Bytes(data),
                          data.size()) == 1;
}

}  // namespace muster::sim
