#include <dlfcn.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/escaping.h"

namespace muster::engine {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Free>;

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Key FromPrivate(const std::string& hex) {
  const std::string raw = absl::HexStringToBytes(hex);
  return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, Bytes(raw), raw.size()));
}

Key FromPublic(const std::string& hex) {
  const std::string raw = absl::HexStringToBytes(hex);
  return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, Bytes(raw), raw.size()));
}

// As libssh does.
Key Generate(int type) {
  const Context context(EVP_PKEY_CTX_new_id(type, nullptr));
  EVP_PKEY* key = nullptr;
  EXPECT_EQ(EVP_PKEY_keygen_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_keygen(context.get(), &key), 1);
  return Key(key);
}

Context Agreement(const Key& own, const Key& peer) {
  Context context(EVP_PKEY_CTX_new(own.get(), nullptr));
  EXPECT_EQ(EVP_PKEY_derive_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_derive_set_peer(context.get(), peer.get()), 1);
  return context;
}

// In hexadecimal; empty where there is none.
std::string Secret(const Context& context) {
  unsigned char secret[32];
  size_t size = sizeof(secret);
  if (EVP_PKEY_derive(context.get(), secret, &size) != 1) return "";
  return absl::BytesToHexString({reinterpret_cast<char*>(secret), size});
}

std::string Raw(const Key& key, int (*get)(const EVP_PKEY*, unsigned char*, size_t*)) {
  std::string raw(32, '\0');
  size_t size = raw.size();
  EXPECT_EQ(get(key.get(), reinterpret_cast<unsigned char*>(&raw[0]), &size), 1);
  return raw;
}

// RFC 7748, 6.1.
constexpr char kAlice[] = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
constexpr char kBob[] = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
constexpr char kShared[] = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

// With its public half, as OpenSSL makes it.
Key AliceWhole() {
  const std::string raw = absl::HexStringToBytes(kAlice);
  return Key(EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, Bytes(raw), raw.size()));
}

TEST(X25519KeyTest, AgreesAsTheRfcSays) {
  const Context context = Agreement(FromPrivate(kAlice), FromPublic(kBob));
  EXPECT_EQ(Secret(context), kShared);
  EXPECT_EQ(Secret(context), kShared);
}

TEST(X25519KeyTest, NewPairsAgreeBothWays) {
  for (int i = 0; i < 20; ++i) {
    const Key own = Generate(EVP_PKEY_X25519);
    const Key peer(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));  // OpenSSL's own
    const std::string raw = Raw(own, EVP_PKEY_get_raw_private_key);
    const Key again = FromPrivate(absl::BytesToHexString(raw));
    const std::string secret = Secret(Agreement(again, peer));
    EXPECT_EQ(secret.size(), 64u);
    EXPECT_EQ(Secret(Agreement(peer, own)), secret);
    EXPECT_EQ(Secret(Agreement(own, peer)), secret);
  }
}

TEST(X25519KeyTest, PairsHaveThePublicHalfThatOpensslComputesAndAreNew) {
  const Key key = Generate(EVP_PKEY_X25519);
  const std::string raw = Raw(key, EVP_PKEY_get_raw_private_key);
  const Key computed(
      EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, Bytes(raw), raw.size()));
  EXPECT_EQ(Raw(key, EVP_PKEY_get_raw_public_key), Raw(computed, EVP_PKEY_get_raw_public_key));
  EXPECT_NE(Raw(Generate(EVP_PKEY_X25519), EVP_PKEY_get_raw_private_key), raw);
}

// What the server sends may be a point that gives the same secret whatever our key is.
TEST(X25519KeyTest, PointsOfSmallOrderGiveNoSecret) {
  for (const std::string& point :
       {std::string(64, '0'), "01" + std::string(62, '0'),
        std::string("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")}) {
    EXPECT_EQ(Secret(Agreement(FromPrivate(kAlice), FromPublic(point))), "") << point;
  }
}

TEST(X25519KeyTest, SizesAreToldAsOpensslsDo) {
  const Context context = Agreement(FromPrivate(kAlice), FromPublic(kBob));
  size_t size = 0;
  EXPECT_EQ(EVP_PKEY_derive(context.get(), nullptr, &size), 1);
  EXPECT_EQ(size, 32u);
  unsigned char secret[32];
  size = 31;
  EXPECT_NE(EVP_PKEY_derive(context.get(), secret, &size), 1);
}

TEST(X25519KeyTest, WithoutAPeerThereIsNoSecret) {
  const Key own = FromPrivate(kAlice);
  for (int i = 0; i < 20; ++i) {
    Agreement(own, FromPublic(kBob)).reset();
    const Context context(EVP_PKEY_CTX_new(own.get(), nullptr));
    ASSERT_EQ(EVP_PKEY_derive_init(context.get()), 1);
    EXPECT_EQ(Secret(context), "");
  }
}

TEST(X25519KeyTest, TheLastPeerCounts) {
  const Key own = FromPrivate(kAlice);
  const Context context = Agreement(own, Generate(EVP_PKEY_X25519));
  const Key bob = FromPublic(kBob);
  ASSERT_EQ(EVP_PKEY_derive_set_peer_ex(context.get(), bob.get(), 0), 1);
  EXPECT_EQ(Secret(context), kShared);
}

TEST(X25519KeyTest, TwoAgreementsAtOnceKeepTheirPeers) {
  const Key own = FromPrivate(kAlice);
  const Key peer = Generate(EVP_PKEY_X25519);
  const Context first = Agreement(own, FromPublic(kBob));
  const Context second = Agreement(own, peer);
  EXPECT_EQ(Secret(first), kShared);
  EXPECT_NE(Secret(second), kShared);
  const std::string of_peer = Secret(Agreement(
      peer, FromPublic(absl::BytesToHexString(Raw(AliceWhole(), EVP_PKEY_get_raw_public_key)))));
  EXPECT_EQ(Secret(second), of_peer);
}

TEST(X25519KeyTest, AWholeKeyAgreesByOpenssl) {
  EXPECT_EQ(Secret(Agreement(AliceWhole(), FromPublic(kBob))), kShared);
}

TEST(X25519KeyTest, OtherKeysAreOpenssls) {
  EXPECT_NE(Generate(EVP_PKEY_ED25519), nullptr);
  EXPECT_NE(Generate(EVP_PKEY_X448), nullptr);
  const Key a(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const Key b(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  EXPECT_EQ(Secret(Agreement(a, b)), Secret(Agreement(b, a)));
}

struct MakeLate {
  explicit MakeLate(Key* key) : key_(key) {}
  ~MakeLate() { *key_ = Generate(EVP_PKEY_X25519); }
  Key* key_;
};

TEST(X25519KeyTest, DestructorsAtTheEndOfAThreadGetKeysToo) {
  Key late;
  std::thread([&late] {
    thread_local MakeLate maker(&late);  // destroyed after what the thread keeps
    (void)maker;
    Generate(EVP_PKEY_X25519);
  }).join();
  EXPECT_NE(late, nullptr);
}

// What libssh calls is not OpenSSL's.
TEST(X25519KeyTest, StandsBeforeOpenssls) {
  Dl_info openssls = {};
  ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, "EVP_PKEY_derive_set_peer_ex"), &openssls), 0);
  for (const char* name : {"EVP_PKEY_keygen", "EVP_PKEY_derive"}) {
    Dl_info ours = {};
    ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, name), &ours), 0) << name;
    EXPECT_STRNE(ours.dli_fname, openssls.dli_fname) << name;
  }
}

}  // namespace
}  // namespace muster::engine
