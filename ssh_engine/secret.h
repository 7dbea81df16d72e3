#ifndef SSH_ENGINE_SECRET_H_
#define SSH_ENGINE_SECRET_H_

#include <openssl/crypto.h>

#include <memory>
#include <string>
#include <utility>

namespace muster::engine {

// Owns bytes that are wiped before their memory is given back: a private key, a passphrase. Its
// size does not change, so that no copy is left behind.
class Secret {
 public:
  explicit Secret(size_t size) : bytes_(std::make_unique<std::string>(size, '\0')) {}
  ~Secret() {
    if (bytes_ != nullptr) OPENSSL_cleanse(bytes_->data(), bytes_->size());
  }
  Secret(Secret&&) = default;
  Secret& operator=(Secret&& other) noexcept {
    bytes_.swap(other.bytes_);
    return *this;
  }

  char* data() { return bytes_->data(); }
  // Ends with a NUL byte, as c_str() gives it.
  const std::string& get() const { return *bytes_; }

 private:
  std::unique_ptr<std::string> bytes_;  // on the heap: a move of a short string would leave a copy
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_SECRET_H_
