#include <dlfcn.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"

namespace muster::engine {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Key PrivateKey(int type, const std::string& hex) {
  const std::string raw = absl::HexStringToBytes(hex);
  return Key(EVP_PKEY_new_raw_private_key(type, nullptr, Bytes(raw), raw.size()));
}

// RFC 8032, 7.1, test 2; twice, since the second is made from what was remembered.
TEST(RawKeyTest, Ed25519SignsAsTheRfcSays) {
  for (int i = 0; i < 2; ++i) {
    const Key key = PrivateKey(EVP_PKEY_ED25519,
                               "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    ASSERT_NE(key, nullptr);
    const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    ASSERT_EQ(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()), 1);
    unsigned char signature[64];
    size_t size = sizeof(signature);
    const unsigned char message[] = {0x72};
    ASSERT_EQ(EVP_DigestSign(context.get(), signature, &size, message, 1), 1);
    EXPECT_EQ(absl::BytesToHexString({reinterpret_cast<char*>(signature), size}),
              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  }
}

std::string Agree(EVP_PKEY* own, EVP_PKEY* peer) {
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new(own, nullptr));
  unsigned char secret[32];
  size_t size = sizeof(secret);
  const bool agreed = EVP_PKEY_derive_init(context.get()) == 1 &&
                      EVP_PKEY_derive_set_peer(context.get(), peer) == 1 &&
                      EVP_PKEY_derive(context.get(), secret, &size) == 1;
  return agreed ? std::string(reinterpret_cast<char*>(secret), size) : "";
}

TEST(RawKeyTest, X25519AgreesAsOpensslsOwnDoes) {
  for (int i = 0; i < 20; ++i) {
    const Key peer(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
    const Key own(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
    std::string raw(32, '\0');
    size_t size = raw.size();
    ASSERT_EQ(
        EVP_PKEY_get_raw_private_key(own.get(), reinterpret_cast<unsigned char*>(&raw[0]), &size),
        1);
    const Key ours(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, Bytes(raw), size));
    const std::string secret = Agree(own.get(), peer.get());
    EXPECT_EQ(secret.size(), 32u);
    EXPECT_EQ(Agree(ours.get(), peer.get()), secret);
  }
}

TEST(RawKeyTest, ManyKeysAreTold) {
  for (int i = 0; i < 600; ++i) {
    const Key own(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    std::string raw(32, '\0');
    size_t size = raw.size();
    EVP_PKEY_get_raw_private_key(own.get(), reinterpret_cast<unsigned char*>(&raw[0]), &size);
    for (int again = 0; again < 2; ++again) {
      const Key ours(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(raw), size));
      EXPECT_EQ(EVP_PKEY_eq(ours.get(), own.get()), 1);
    }
  }
}

Key NewPrivateKey() {
  return PrivateKey(EVP_PKEY_ED25519,
                    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
}

// A copy has its own memory, and nobody's secret twice.
TEST(RawKeyTest, CopiesOutliveTheKey) {
  Key key = NewPrivateKey();
  const Key copy(EVP_PKEY_dup(key.get()));
  ASSERT_NE(copy, nullptr);
  const Key again = NewPrivateKey();
  key.reset();
  EXPECT_EQ(EVP_PKEY_eq(copy.get(), again.get()), 1);
}

std::string PublicHalf(const Key& key) {
  std::string raw(32, '\0');
  size_t size = raw.size();
  EXPECT_EQ(
      EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(&raw[0]), &size), 1);
  return raw;
}

TEST(RawKeyTest, PublicKeysAreAsOpensslsOwn) {
  for (const char* name : {"ED25519", "X25519"}) {
    const int type = OBJ_sn2nid(name);
    const Key own(EVP_PKEY_Q_keygen(nullptr, nullptr, name));
    const std::string raw = PublicHalf(own);
    const Key ours(EVP_PKEY_new_raw_public_key(type, nullptr, Bytes(raw), raw.size()));
    ASSERT_NE(ours, nullptr) << name;
    EXPECT_EQ(EVP_PKEY_get_id(ours.get()), type);
    EXPECT_EQ(EVP_PKEY_eq(ours.get(), own.get()), 1) << name;
    size_t size = 0;
    EXPECT_EQ(EVP_PKEY_get_raw_private_key(ours.get(), nullptr, &size), 0) << "it has none";
  }
}

TEST(RawKeyTest, APublicKeyVerifiesAsTheRfcSays) {
  const std::string raw =
      absl::HexStringToBytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const std::string signature = absl::HexStringToBytes(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(raw), raw.size()));
  const auto verifies = [&](unsigned char message) {
    const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    EXPECT_EQ(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()), 1);
    return EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), &message, 1) == 1;
  };
  EXPECT_TRUE(verifies(0x72));
  EXPECT_FALSE(verifies(0x73));
}

struct MakeLate {
  explicit MakeLate(std::vector<Key>* keys) : keys_(keys) {}
  ~MakeLate() { keys_->push_back(NewPrivateKey()); }
  std::vector<Key>* keys_;
};

TEST(RawKeyTest, DestructorsAtTheEndOfAThreadGetKeysToo) {
  std::vector<Key> keys;
  std::thread([&keys] {
    thread_local MakeLate late(&keys);  // destroyed after what the thread remembers
    (void)late;
    keys.push_back(NewPrivateKey());
  }).join();
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(EVP_PKEY_eq(keys[0].get(), keys[1].get()), 1);
}

// What libssh calls is not OpenSSL's.
TEST(RawKeyTest, StandsBeforeOpenssls) {
  for (const std::string name : {"EVP_PKEY_new_raw_private_key", "EVP_PKEY_new_raw_public_key"}) {
    Dl_info ours = {};
    Dl_info openssls = {};
    ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, name.c_str()), &ours), 0);
    ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, (name + "_ex").c_str()), &openssls), 0);
    EXPECT_STRNE(ours.dli_fname, openssls.dli_fname) << name;
  }
}

TEST(RawKeyTest, OtherKeysAreOpenssls) {
  const Key key = PrivateKey(EVP_PKEY_HMAC, "00ff");
  EXPECT_NE(key, nullptr);
  EXPECT_EQ(PrivateKey(EVP_PKEY_ED25519, "00ff"), nullptr);
  const unsigned char raw[57] = {};
  EXPECT_EQ(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw, 2), nullptr);
  EXPECT_NE(Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED448, nullptr, raw, sizeof(raw))), nullptr);
}

}  // namespace
}  // namespace muster::engine
