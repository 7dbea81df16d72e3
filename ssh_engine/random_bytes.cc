// RAND_bytes, in front of OpenSSL's.
//
// libssh 0.10 asks it for the padding of each packet (packet.c) and for the cookie of each key
// exchange (kex.c), some bytes at a time; OpenSSL's generator takes two microseconds for each
// question, however small: a fortieth of what a handshake costs. Here it is asked for many bytes at
// once. Each is given out once, and wiped. Keys are not made of them: OpenSSL draws those by
// itself, and what libssh wants for secrets comes from RAND_priv_bytes (getrandom_crypto.c).
//
// A program that links this has the function, and libssh calls it: symbols are looked up in the
// program first (ld.so(8)).
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

namespace muster::engine {
namespace {

constexpr size_t kReserve = 512;
constexpr size_t kFew = 64;  // that many and fewer come from the reserve

// One for each thread. A child of fork must not use it: it would have the same bytes.
class Reserve {
 public:
  ~Reserve() { OPENSSL_cleanse(bytes_, sizeof(bytes_)); }

  // As RAND_bytes: 1, or what OpenSSL says instead.
  int Take(unsigned char* out, size_t size) {
    if (size > left_) {
      const int filled = RAND_bytes_ex(nullptr, bytes_, kReserve, 0);
      if (filled != 1) return filled;
      left_ = kReserve;
    }
    left_ -= size;
    memcpy(out, bytes_ + left_, size);
    OPENSSL_cleanse(bytes_ + left_, size);
    return 1;
  }

 private:
  unsigned char bytes_[kReserve] = {};
  size_t left_ = 0;
};

}  // namespace
}  // namespace muster::engine

extern "C" int RAND_bytes(unsigned char* out, int size) {
  if (size < 0) return 0;
  const auto bytes = static_cast<size_t>(size);
  if (bytes > muster::engine::kFew) return RAND_bytes_ex(nullptr, out, bytes, 0);
  thread_local muster::engine::Reserve reserve;
  return reserve.Take(out, bytes);
}
