// What one stream of a host has written, in short.
#ifndef SERVICE_WATCH_OUTPUT_DIGEST_H_
#define SERVICE_WATCH_OUTPUT_DIGEST_H_

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace muster::service {

// SHA-256 of bytes that come piece by piece: who runs a command on many hosts must not be able to
// make two outputs look the same. Not thread-safe.
class OutputDigest {
 public:
  void Add(absl::string_view data);
  // 32 bytes; none where nothing was added. Once.
  std::string Finish();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;  // most hosts write to one stream only
};

}  // namespace muster::service

#endif  // SERVICE_WATCH_OUTPUT_DIGEST_H_
