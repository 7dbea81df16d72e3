#include "ssh_engine/libssh/interposed/key_of_bytes.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <memory>

#include "ssh_engine/libssh/interposed/kept_key.h"

namespace muster::engine {
namespace {

// Trivial, so that it is there for the destructors of other thread-local objects.
thread_local bool thread_ends = false;

// To find an algorithm by its name takes longer than to use it: each thread does so once.
class Maker {
 public:
  explicit Maker(const char* name) : context_(EVP_PKEY_CTX_new_from_name(nullptr, name, nullptr)) {
    usable_ = context_ != nullptr && EVP_PKEY_fromdata_init(context_.get()) > 0;
  }
  ~Maker() { thread_ends = true; }

  // Null where OpenSSL cannot.
  EVP_PKEY* Make(int selection, OSSL_PARAM* halves) const {
    EVP_PKEY* key = nullptr;
    return usable_ && EVP_PKEY_fromdata(context_.get(), &key, selection, halves) > 0 ? key
                                                                                     : nullptr;
  }

 private:
  struct Free {
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  };

  std::unique_ptr<EVP_PKEY_CTX, Free> context_;
  bool usable_;
};

// Not once `thread_ends`.
const Maker& Own(int type) {
  thread_local const Maker ed25519("ED25519");
  thread_local const Maker x25519("X25519");
  return type == EVP_PKEY_ED25519 ? ed25519 : x25519;
}

OSSL_PARAM Half(const char* name, const unsigned char* bytes) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<unsigned char*>(bytes), kKeyHalf);
}

}  // namespace

EVP_PKEY* KeyOfBytes(int type, const unsigned char* private_half,
                     const unsigned char* public_half) {
  if (thread_ends) return nullptr;
  OSSL_PARAM halves[] = {Half(OSSL_PKEY_PARAM_PUB_KEY, public_half), OSSL_PARAM_construct_end(),
                         OSSL_PARAM_construct_end()};
  if (private_half != nullptr) halves[1] = Half(OSSL_PKEY_PARAM_PRIV_KEY, private_half);
  return Own(type).Make(private_half != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, halves);
}

}  // namespace muster::engine
