#include "service/watch/output_digest.h"

namespace muster::service {

void OutputDigest::Add(absl::string_view data) {
  if (context_ == nullptr) {
    context_.reset(EVP_MD_CTX_new());
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  EVP_DigestUpdate(context_.get(), data.data(), data.size());
}

std::string OutputDigest::Finish() {
  if (context_ == nullptr) return std::string();
  std::string digest(32, '\0');
  EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  context_ = nullptr;
  return digest;
}

}  // namespace muster::service
