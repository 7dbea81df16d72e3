#include <dlfcn.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace muster::engine {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

constexpr size_t kSignatureBytes = 64;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Key NewKey(const char* type = "ED25519") { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, type)); }

Key PrivateKey(absl::string_view hex) {
  const std::string raw = absl::HexStringToBytes(hex);
  return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(raw), raw.size()));
}

Key PublicKey(absl::string_view raw) {
  return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(raw), raw.size()));
}

// Empty where it cannot.
std::string Sign(EVP_PKEY* key, absl::string_view message, const EVP_MD* digest = nullptr) {
  const Context context(EVP_MD_CTX_new());
  EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key), 1);
  size_t size = 0;
  EXPECT_EQ(EVP_DigestSign(context.get(), nullptr, &size, Bytes(message), message.size()), 1);
  std::string signature(size, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(&signature[0]);
  if (EVP_DigestSign(context.get(), out, &size, Bytes(message), message.size()) != 1) return "";
  signature.resize(size);
  return signature;
}

bool Verify(EVP_PKEY* key, absl::string_view message, absl::string_view signature,
            const EVP_MD* digest = nullptr) {
  const Context context(EVP_MD_CTX_new());
  EXPECT_EQ(EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key), 1);
  return EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                          message.size()) == 1;
}

// Whether keys give their bytes away, or do as those of a provider that keeps them.
bool keys_are_held = false;

// RFC 8032, 7.1, tests 1 to 3.
TEST(Ed25519SignatureTest, SignsAsTheRfcSays) {
  const struct {
    absl::string_view key, message, signature;
  } cases[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf"
       "9b"
       "46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f"
       "11"
       "d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984"
       "dc"
       "6594a7c15e9716ed28dc027beceea1ec40a"},
  };
  for (const auto& one : cases) {
    const Key key = PrivateKey(one.key);
    const std::string message = absl::HexStringToBytes(one.message);
    const std::string signature = Sign(key.get(), message);
    EXPECT_EQ(absl::BytesToHexString(signature), one.signature);
    EXPECT_TRUE(Verify(key.get(), message, signature));
  }
}

TEST(Ed25519SignatureTest, NothingElseVerifies) {
  const Key key = NewKey();
  const std::string message = "what was exchanged";
  const std::string signature = Sign(key.get(), message);
  ASSERT_EQ(signature.size(), kSignatureBytes);
  EXPECT_TRUE(Verify(key.get(), message, signature));
  EXPECT_FALSE(Verify(key.get(), "what was exchangee", signature));
  EXPECT_FALSE(Verify(NewKey().get(), message, signature));
  for (size_t i = 0; i < signature.size(); ++i) {
    std::string changed = signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(Verify(key.get(), message, changed)) << "byte " << i;
  }
}

TEST(Ed25519SignatureTest, SignaturesOfAnotherSizeDoNotVerify) {
  const Key key = NewKey();
  const std::string signature = Sign(key.get(), "m");
  EXPECT_FALSE(Verify(key.get(), "m", ""));
  EXPECT_FALSE(Verify(key.get(), "m", signature.substr(0, kSignatureBytes - 1)));
  EXPECT_FALSE(Verify(key.get(), "m", signature + "x"));
}

// With the neutral element as its key, all zeros sign everything. OpenSSL accepts that: it is also
// how this tells that OpenSSL was not asked.
TEST(Ed25519SignatureTest, KeysOfSmallOrderAreTurnedDown) {
  const std::string neutral = "\1" + std::string(31, '\0');
  EXPECT_FALSE(Verify(PublicKey(neutral).get(), "m", neutral + std::string(32, '\0')));
}

TEST(Ed25519SignatureTest, NoPrivateKeyNoSignature) {
  const Key pair = NewKey();
  std::string point(32, '\0');
  size_t size = point.size();
  EVP_PKEY_get_raw_public_key(pair.get(), reinterpret_cast<unsigned char*>(&point[0]), &size);
  EXPECT_EQ(Sign(PublicKey(point).get(), "m"), "");
}

TEST(Ed25519SignatureTest, TooLittleRoomIsAnError) {
  const Key key = NewKey();
  const Context context(EVP_MD_CTX_new());
  ASSERT_EQ(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()), 1);
  unsigned char signature[kSignatureBytes];
  size_t size = kSignatureBytes - 1;
  EXPECT_EQ(EVP_DigestSign(context.get(), signature, &size, Bytes("m"), 1), 0);
}

// As with a token behind a provider: whoever has the key does what is asked.
TEST(Ed25519SignatureTest, AKeyThatAProviderHoldsIsOpenssls) {
  const Key key = NewKey();
  const std::string known = Sign(key.get(), "m");
  keys_are_held = true;
  const std::string signature = Sign(key.get(), "m");
  const bool verified = Verify(key.get(), "m", signature);
  const bool other = Verify(key.get(), "n", signature);
  keys_are_held = false;
  EXPECT_EQ(signature, known);
  EXPECT_TRUE(verified);
  EXPECT_FALSE(other);
}

TEST(Ed25519SignatureTest, AContextDoesWhatItWasMadeFor) {
  const Key key = NewKey();
  std::string signature = Sign(key.get(), "m");
  auto* const out = reinterpret_cast<unsigned char*>(&signature[0]);
  const Context signs(EVP_MD_CTX_new());
  ASSERT_EQ(EVP_DigestSignInit(signs.get(), nullptr, nullptr, nullptr, key.get()), 1);
  EXPECT_NE(EVP_DigestVerify(signs.get(), out, signature.size(), Bytes("m"), 1), 1);
  const Context verifies(EVP_MD_CTX_new());
  ASSERT_EQ(EVP_DigestVerifyInit(verifies.get(), nullptr, nullptr, nullptr, key.get()), 1);
  size_t size = signature.size();
  EXPECT_NE(EVP_DigestSign(verifies.get(), out, &size, Bytes("m"), 1), 1);
}

TEST(Ed25519SignatureTest, OtherKeysAreOpenssls) {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const std::string signature = Sign(key.get(), "m", EVP_sha256());
  EXPECT_TRUE(Verify(key.get(), "m", signature, EVP_sha256()));
  EXPECT_FALSE(Verify(key.get(), "n", signature, EVP_sha256()));
}

}  // namespace
}  // namespace muster::engine

// In front of OpenSSL's, as the functions under test are.
extern "C" int EVP_PKEY_get_raw_private_key(const EVP_PKEY* key, unsigned char* to, size_t* size) {
  static const auto openssls = reinterpret_cast<int (*)(const EVP_PKEY*, unsigned char*, size_t*)>(
      dlsym(RTLD_NEXT, "EVP_PKEY_get_raw_private_key"));
  return muster::engine::keys_are_held ? 0 : openssls(key, to, size);
}

extern "C" int EVP_PKEY_get_raw_public_key(const EVP_PKEY* key, unsigned char* to, size_t* size) {
  static const auto openssls = reinterpret_cast<int (*)(const EVP_PKEY*, unsigned char*, size_t*)>(
      dlsym(RTLD_NEXT, "EVP_PKEY_get_raw_public_key"));
  return muster::engine::keys_are_held ? 0 : openssls(key, to, size);
}
