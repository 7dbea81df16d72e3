#include "ssh_engine/credentials/decryption_cost.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "ssh_engine/credentials/openssh_key.h"

namespace muster::engine {
namespace {

constexpr uint32_t kMaxBcryptRounds = 1024;           // 8 ms each; ssh-keygen makes 16 or 24
constexpr uint64_t kMaxPbkdf2Iterations = 5'000'000;  // 1 us each; OpenSSL makes 2,048

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Encrypted = std::unique_ptr<X509_SIG, Deleter<X509_SIG_free>>;
using Scheme = std::unique_ptr<PBE2PARAM, Deleter<PBE2PARAM_free>>;
using Pbkdf2 = std::unique_ptr<PBKDF2PARAM, Deleter<PBKDF2PARAM_free>>;

// RFC 8018, A.2 and A.4. nullopt: not such a file.
absl::optional<uint64_t> Pbkdf2Iterations(absl::string_view file) {
  const Bio text(BIO_new_mem_buf(file.data(), static_cast<int>(file.size())));
  const Encrypted key(PEM_read_bio_PKCS8(text.get(), nullptr, nullptr, nullptr));
  if (key == nullptr) return absl::nullopt;
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(key.get(), &algorithm, nullptr);
  if (OBJ_obj2nid(algorithm->algorithm) != NID_pbes2) return absl::nullopt;
  const auto unpack = [](const ASN1_TYPE* from, const ASN1_ITEM* item) {
    return ASN1_TYPE_unpack_sequence(item, from);
  };
  const Scheme scheme(
      static_cast<PBE2PARAM*>(unpack(algorithm->parameter, ASN1_ITEM_rptr(PBE2PARAM))));
  if (scheme == nullptr || OBJ_obj2nid(scheme->keyfunc->algorithm) != NID_id_pbkdf2) {
    return absl::nullopt;
  }
  const Pbkdf2 function(
      static_cast<PBKDF2PARAM*>(unpack(scheme->keyfunc->parameter, ASN1_ITEM_rptr(PBKDF2PARAM))));
  uint64_t iterations = 0;
  if (function == nullptr) return absl::nullopt;
  // What does not fit is too much.
  return ASN1_INTEGER_get_uint64(&iterations, function->iter) == 1 ? iterations : UINT64_MAX;
}

absl::Status TooMuch(uint64_t rounds, absl::string_view of, uint64_t most) {
  return absl::ResourceExhaustedError(
      absl::StrCat("encrypted so that to open it takes ", rounds, " rounds of ", of, ", more than ",
                   most, "; encrypt it anew (ssh-keygen -p -a 24 -f FILE) or add it to ssh-agent"));
}

}  // namespace

absl::Status CheckDecryptionCost(absl::string_view file) {
  const uint32_t rounds = OpenSshBcryptRounds(file).value_or(0);
  if (rounds > kMaxBcryptRounds) return TooMuch(rounds, "bcrypt", kMaxBcryptRounds);
  const uint64_t iterations = Pbkdf2Iterations(file).value_or(0);
  if (iterations > kMaxPbkdf2Iterations) return TooMuch(iterations, "PBKDF2", kMaxPbkdf2Iterations);
  return absl::OkStatus();
}

}  // namespace muster::engine
