#include <dlfcn.h>
#include <gtest/gtest.h>

#include "tests/ssh_engine/libssh/interposed/dhx.h"

namespace muster::engine {
namespace {

int ExponentBits(const DhKey& key) {
  return BN_num_bits(Part(key.get(), OSSL_PKEY_PARAM_PRIV_KEY).get());
}

// The key as the other side gets it.
DhKey PublicOf(const DhKey& key) {
  return NewPeer(key.get(), Part(key.get(), OSSL_PKEY_PARAM_PUB_KEY).get());
}

void ExpectAgreement(const DhKey& one, const DhKey& other) {
  const std::string secret = SecretOf(one.get(), PublicOf(other).get());
  EXPECT_FALSE(secret.empty());
  EXPECT_EQ(SecretOf(other.get(), PublicOf(one).get()), secret);
}

// RFC 7919, appendix A: twice the strength of p.
TEST(DiffieHellmanTest, OfGroupsThatOpensslKnowsItsExponentsAreShort) {
  for (const int bits : {2048, 4096, 8192}) {
    const DhKey group = NewGroup(KnownPrime(bits).get());
    const DhKey key = GenerateIn(group.get());
    EXPECT_LE(ExponentBits(key), 400);
    EXPECT_GT(ExponentBits(key), 190);
    ExpectAgreement(key, GenerateIn(group.get()));
  }
}

TEST(DiffieHellmanTest, OfOtherGroupsTheyHave512Bits) {
  for (const int bits : {2048, 3072, 8192}) {
    const DhKey group = NewGroup(UnknownModulus(bits).get());
    const DhKey key = GenerateIn(group.get());
    const DhKey other = GenerateIn(group.get());
    EXPECT_EQ(ExponentBits(key), 512);
    EXPECT_EQ(ExponentBits(other), 512);
    EXPECT_NE(BN_cmp(Part(key.get(), OSSL_PKEY_PARAM_PRIV_KEY).get(),
                     Part(other.get(), OSSL_PKEY_PARAM_PRIV_KEY).get()),
              0);
    ExpectAgreement(key, other);
  }
}

TEST(DiffieHellmanTest, SmallGroupsAndOtherTypesAreOpenssls) {
  const Number small = UnknownModulus(2048);
  BN_rshift(small.get(), small.get(), 1024);
  BN_set_bit(small.get(), 0);
  EXPECT_GT(ExponentBits(GenerateIn(NewGroup(small.get()).get())), 1000);
  const DhKey dh = NewGroup(UnknownModulus(2048).get(), "DH");
  EXPECT_GT(ExponentBits(GenerateIn(dh.get())), 2000);
  const DhKey curve(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
  const DhKey peer(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
  EXPECT_EQ(SecretOf(curve.get(), peer.get()), SecretOf(peer.get(), curve.get()));
  EXPECT_EQ(SecretOf(curve.get(), peer.get()).size(), 32u);
}

bool Takes(const DhKey& own, const Number& value) {
  const DhKey peer = NewPeer(own.get(), value.get());
  return peer != nullptr && !SecretOf(own.get(), peer.get()).empty();
}

// RFC 8268, 4: 1 < f < p-1.
TEST(DiffieHellmanTest, PublicValuesOutOfRangeAreRefused) {
  for (const Number& p : {KnownPrime(2048), KnownPrime(8192), UnknownModulus(2048)}) {
    const DhKey own = GenerateIn(NewGroup(p.get()).get());
    const Number value(BN_new());
    for (const BN_ULONG small : {0, 1}) {
      BN_set_word(value.get(), small);
      EXPECT_FALSE(Takes(own, value)) << small;
    }
    for (const BN_ULONG more : {0, 1, 2}) {
      BN_sub(value.get(), p.get(), BN_value_one());
      BN_add_word(value.get(), more);
      EXPECT_FALSE(Takes(own, value)) << more;
    }
  }
}

// OpenSSH's dh_pub_is_valid (dh.c): 2^n tells n.
TEST(DiffieHellmanTest, PublicValuesWithFewBitsSetAreRefused) {
  for (const Number& p : {KnownPrime(2048), UnknownModulus(2048)}) {
    const DhKey own = GenerateIn(NewGroup(p.get()).get());
    const Number value(BN_new());
    BN_set_bit(value.get(), 2000);
    for (const int bit : {3, 1000}) {
      EXPECT_FALSE(Takes(own, value)) << bit;
      BN_set_bit(value.get(), bit);
    }
    EXPECT_FALSE(Takes(own, value)) << "three";
    BN_set_bit(value.get(), 1999);
    EXPECT_TRUE(Takes(own, value)) << "four";
  }
}

// All powers of 1 are 1, and a server may send any group.
TEST(DiffieHellmanTest, NoOwnValueHasFewBitsSet) {
  EXPECT_EQ(GenerateIn(NewGroup(UnknownModulus(2048).get(), "DHX", 1).get()), nullptr);
  EXPECT_NE(GenerateIn(NewGroup(UnknownModulus(2048).get(), "DHX", 5).get()), nullptr);
}

// It is twice the group's own order that p - 2 has there, and all that it tells of an exponent is
// whether it is odd: the check with an exponent as long as p is not made.
TEST(DiffieHellmanTest, OfASafePrimeTheRangeIsAllThatCounts) {
  const Number p = KnownPrime(2048);
  const DhKey own = GenerateIn(NewGroup(p.get()).get());
  const Number value(BN_dup(p.get()));
  BN_sub_word(value.get(), 2);
  EXPECT_TRUE(Takes(own, value));
}

// RFC 5114: p - 1 has small factors, so that a value may be of small order.
TEST(DiffieHellmanTest, OtherGroupsThatOpensslKnowsAreCheckedInFull) {
  const DhContext context(EVP_PKEY_CTX_new_from_name(nullptr, "DHX", nullptr));
  EVP_PKEY* key = nullptr;
  EVP_PKEY_keygen_init(context.get());
  EVP_PKEY_CTX_set_group_name(context.get(), "dh_2048_256");
  ASSERT_EQ(EVP_PKEY_generate(context.get(), &key), 1);
  const DhKey own(key);
  ExpectAgreement(own, GenerateIn(own.get()));
  const Number p = Part(own.get(), OSSL_PKEY_PARAM_FFC_P);
  const Number value(BN_dup(p.get()));
  BN_sub_word(value.get(), 2);
  EXPECT_FALSE(Takes(own, value));
}

TEST(DiffieHellmanTest, MistakesAreAnsweredAsByOpenssl) {
  EXPECT_LE(EVP_PKEY_generate(nullptr, nullptr), 0);
  const DhKey group = NewGroup(UnknownModulus(2048).get());
  const DhContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, group.get(), nullptr));
  EVP_PKEY* key = nullptr;
  EXPECT_LE(EVP_PKEY_generate(context.get(), &key), 0);  // not begun
  EXPECT_LE(EVP_PKEY_derive_set_peer(context.get(), GenerateIn(group.get()).get()), 0);
}

// What libssh calls is not OpenSSL's.
TEST(DiffieHellmanTest, StandsBeforeOpenssls) {
  Dl_info openssls = {};
  ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, "EVP_PKEY_derive_set_peer_ex"), &openssls), 0);
  for (const char* name : {"EVP_PKEY_derive_set_peer", "EVP_PKEY_generate"}) {
    Dl_info ours = {};
    ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, name), &ours), 0);
    EXPECT_STRNE(ours.dli_fname, openssls.dli_fname) << name;
  }
}

}  // namespace
}  // namespace muster::engine
