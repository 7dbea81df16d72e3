#ifndef SSH_ENGINE_BASE_SECRET_H_
#define SSH_ENGINE_BASE_SECRET_H_

#include <openssl/crypto.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

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

// A passphrase: a value whose copies are each wiped before their memory is given back.
class Passphrase {
 public:
  Passphrase() = default;
  Passphrase(absl::string_view text) : text_(text) {}   // NOLINT: what it is made of is one, too
  Passphrase(const std::string& text) : text_(text) {}  // NOLINT
  Passphrase(const char* text) : text_(text) {}         // NOLINT
  Passphrase(const Passphrase&) = default;
  Passphrase(Passphrase&&) = default;
  Passphrase& operator=(Passphrase other) noexcept {
    text_.swap(other.text_);
    return *this;
  }
  ~Passphrase() { Wipe(&text_); }

  const std::string& get() const { return text_; }

  friend bool operator==(const Passphrase& a, const Passphrase& b) { return a.text_ == b.text_; }
  // Nothing of it is left behind in a table.
  template <typename H>
  friend H AbslHashValue(H h, const Passphrase&) {
    return h;
  }

  // What it holds, and what it may have held before it was moved from.
  static void Wipe(std::string* text) {
    OPENSSL_cleanse(&(*text)[0], text->capacity());
    text->clear();
  }

 private:
  std::string text_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_BASE_SECRET_H_
