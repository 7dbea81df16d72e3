#include "ssh_engine/credentials/openssh_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <string.h>

#include <array>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "ssh_engine/base/wire_reader.h"

namespace muster::engine {
namespace {

constexpr absl::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr absl::string_view kEnd = "-----END OPENSSH PRIVATE KEY-----";
constexpr absl::string_view kMagic("openssh-key-v1\0", 15);

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BigNumber = std::unique_ptr<BIGNUM, Deleter<BN_clear_free>>;
using BigNumberContext = std::unique_ptr<BN_CTX, Deleter<BN_CTX_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_vfree>>;

// The outer fields of the file; views into its decoded bytes.
struct Container {
  absl::string_view cipher;
  absl::string_view kdf;
  absl::string_view kdf_options;
  absl::string_view public_blob;
  absl::string_view private_part;
};

absl::optional<Secret> Decode(absl::string_view file) {
  const size_t begin = file.find(kBegin);
  if (begin == absl::string_view::npos) return absl::nullopt;
  file.remove_prefix(begin + kBegin.size());
  const size_t end = file.find(kEnd);
  if (end == absl::string_view::npos) return absl::nullopt;
  Secret base64(end);
  size_t length = 0;
  for (const char c : file.substr(0, end)) {
    if (!absl::ascii_isspace(c)) base64.data()[length++] = c;
  }
  if (length == 0 || length % 4 != 0) return absl::nullopt;
  Secret decoded(length / 4 * 3);
  // Padding decodes to zeros at the end, which no reader here gets to.
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                                   reinterpret_cast<const unsigned char*>(base64.data()), length);
  if (size < 0) return absl::nullopt;
  return decoded;
}

absl::optional<Container> Parse(absl::string_view decoded) {
  if (!absl::StartsWith(decoded, kMagic)) return absl::nullopt;
  WireReader reader(decoded.substr(kMagic.size()));
  const auto cipher = reader.String();
  const auto kdf = reader.String();
  const auto kdf_options = reader.String();
  const auto keys = reader.Uint32();
  const auto public_blob = reader.String();
  const auto private_part = reader.String();
  if (!cipher || !kdf || !kdf_options || !keys || *keys != 1) return absl::nullopt;
  if (!public_blob || !private_part) return absl::nullopt;
  return Container{*cipher, *kdf, *kdf_options, *public_blob, *private_part};
}

BigNumber NewSecretNumber() { return BigNumber(BN_secure_new()); }

struct RsaNumbers {
  BigNumber n, e, d, iqmp, p, q, dmp1, dmq1;
};

// `d` modulo `prime` - 1.
BigNumber ReducedExponent(const BIGNUM* d, const BIGNUM* prime, BN_CTX* context) {
  BigNumber modulus = NewSecretNumber();
  BigNumber result = NewSecretNumber();
  if (modulus == nullptr || result == nullptr) return nullptr;
  if (!BN_sub(modulus.get(), prime, BN_value_one()) || BN_is_zero(modulus.get())) return nullptr;
  BN_set_flags(modulus.get(), BN_FLG_CONSTTIME);
  if (!BN_mod(result.get(), d, modulus.get(), context)) return nullptr;
  return result;
}

absl::optional<RsaNumbers> ReadNumbers(absl::string_view private_part) {
  WireReader reader(private_part);
  const auto check = reader.Uint32();
  const auto check_again = reader.Uint32();
  if (!check || check != check_again || reader.String() != "ssh-rsa") return absl::nullopt;
  RsaNumbers rsa;
  for (BigNumber* number : {&rsa.n, &rsa.e, &rsa.d, &rsa.iqmp, &rsa.p, &rsa.q}) {
    const auto field = reader.String();
    *number = NewSecretNumber();
    if (!field || *number == nullptr) return absl::nullopt;
    const auto* bytes = reinterpret_cast<const unsigned char*>(field->data());
    if (BN_bin2bn(bytes, field->size(), number->get()) == nullptr) return absl::nullopt;
  }
  const BigNumberContext context(BN_CTX_secure_new());
  if (context == nullptr) return absl::nullopt;
  rsa.dmp1 = ReducedExponent(rsa.d.get(), rsa.p.get(), context.get());
  rsa.dmq1 = ReducedExponent(rsa.d.get(), rsa.q.get(), context.get());
  if (rsa.dmp1 == nullptr || rsa.dmq1 == nullptr) return absl::nullopt;
  return rsa;
}

Key BuildKey(const RsaNumbers& rsa) {
  struct Field {
    const char* name;
    const BIGNUM* value;
  };
  const std::array<Field, 8> fields = {{
      {OSSL_PKEY_PARAM_RSA_N, rsa.n.get()},
      {OSSL_PKEY_PARAM_RSA_E, rsa.e.get()},
      {OSSL_PKEY_PARAM_RSA_D, rsa.d.get()},
      {OSSL_PKEY_PARAM_RSA_FACTOR1, rsa.p.get()},
      {OSSL_PKEY_PARAM_RSA_FACTOR2, rsa.q.get()},
      {OSSL_PKEY_PARAM_RSA_EXPONENT1, rsa.dmp1.get()},
      {OSSL_PKEY_PARAM_RSA_EXPONENT2, rsa.dmq1.get()},
      {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, rsa.iqmp.get()},
  }};
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr) return nullptr;
  for (const Field& field : fields) {
    if (!OSSL_PARAM_BLD_push_BN(builder.get(), field.name, field.value)) return nullptr;
  }
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) != 1) {
    return nullptr;
  }
  return Key(key);
}

absl::optional<Secret> WritePem(EVP_PKEY* key) {
  const Bio memory(BIO_new(BIO_s_secmem()));  // wiped when freed
  if (memory == nullptr ||
      !PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr)) {
    return absl::nullopt;
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &bytes);
  Secret pem(size);
  memcpy(pem.data(), bytes, size);
  return pem;
}

}  // namespace

absl::optional<std::string> OpenSshPublicBlob(absl::string_view file) {
  const absl::optional<Secret> decoded = Decode(file);
  if (!decoded) return absl::nullopt;
  const absl::optional<Container> container = Parse(decoded->get());
  if (!container) return absl::nullopt;
  return std::string(container->public_blob);
}

absl::optional<uint32_t> OpenSshBcryptRounds(absl::string_view file) {
  const absl::optional<Secret> decoded = Decode(file);
  if (!decoded) return absl::nullopt;
  const absl::optional<Container> container = Parse(decoded->get());
  if (!container || container->kdf != "bcrypt") return absl::nullopt;
  WireReader options(container->kdf_options);
  if (!options.String()) return absl::nullopt;  // the salt
  return options.Uint32();
}

absl::optional<Secret> OpenSshRsaToPem(absl::string_view file) {
  const absl::optional<Secret> decoded = Decode(file);
  if (!decoded) return absl::nullopt;
  const absl::optional<Container> container = Parse(decoded->get());
  if (!container || container->cipher != "none") return absl::nullopt;
  const absl::optional<RsaNumbers> rsa = ReadNumbers(container->private_part);
  if (!rsa) return absl::nullopt;
  const Key key = BuildKey(*rsa);
  if (key == nullptr) return absl::nullopt;
  return WritePem(key.get());
}

}  // namespace muster::engine
