// RAND_bytes, in front of OpenSSL's.
//
// libssh 0.10 asks it for the padding of each packet (packet.c) and for the cookie of each key
// exchange (kex.c), some bytes at a time; OpenSSL's generator takes two microseconds for each
// question, however small: a fortieth of what a handshake costs. Here it is asked for many bytes at
// once. Each is given out once, and wiped. Keys are not made of them: OpenSSL draws those by
// itself, and what libssh wants for secrets comes from RAND_priv_bytes (getrandom_crypto.c).
//
// A program that links this has the function, and libssh calls it: symbols are looked up in the
// program first (ld.so(8)). What else is replaced like this: README.md.
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>

namespace muster::engine {
namespace {

constexpr size_t kReserve = 512;
constexpr size_t kFew = 64;  // that many and fewer come from the reserve

// One for each thread. Trivial, so that it is there for whoever asks in the destructor of another
// thread-local object, after ours: he gets OpenSSL's bytes.
struct Reserve {
  unsigned char bytes[kReserve];
  size_t left;
  bool over;  // the thread ends: nobody would wipe it any more
};
thread_local Reserve reserve;

void Wipe() {
  OPENSSL_cleanse(reserve.bytes, sizeof(reserve.bytes));
  reserve.left = 0;
}

struct ThreadEnd {
  ~ThreadEnd() {
    Wipe();
    reserve.over = true;
  }
};

// As RAND_bytes: 1, or what OpenSSL says instead.
int Take(unsigned char* out, size_t size) {
  // A child of fork would have the same bytes as its parent.
  static const int registered = pthread_atfork(nullptr, nullptr, Wipe);
  thread_local ThreadEnd end;
  (void)registered, (void)end;
  if (size > reserve.left) {
    const int filled = RAND_bytes_ex(nullptr, reserve.bytes, kReserve, 0);
    if (filled != 1) return filled;
    reserve.left = kReserve;
  }
  reserve.left -= size;
  memcpy(out, reserve.bytes + reserve.left, size);
  OPENSSL_cleanse(reserve.bytes + reserve.left, size);
  return 1;
}

}  // namespace
}  // namespace muster::engine

extern "C" int RAND_bytes(unsigned char* out, int size) {
  using namespace muster::engine;  // NOLINT: this is what the namespace is for
  if (size < 0) return 0;
  const auto bytes = static_cast<size_t>(size);
  if (bytes > kFew || reserve.over) return RAND_bytes_ex(nullptr, out, bytes, 0);
  return Take(out, bytes);
}
