#include "service/secrets.h"

#include <openssl/crypto.h>

#include <vector>

#include "ssh_engine/secret.h"

namespace muster::service {

void WipeSecrets(v1::Login* login) {
  if (!login->has_local()) return;
  for (v1::IdentityFile& file : *login->mutable_local()->mutable_identity_files()) {
    if (!file.passphrase().empty()) engine::Passphrase::Wipe(file.mutable_passphrase());
  }
}

void WipeSecrets(const v1::Login& login) { WipeSecrets(const_cast<v1::Login*>(&login)); }

void WipeBytes(const grpc::ByteBuffer& request) {
  std::vector<grpc::Slice> slices;
  if (!request.Dump(&slices).ok()) return;
  for (const grpc::Slice& slice : slices) {
    // Part of what was read from the connection, and this request's alone.
    OPENSSL_cleanse(const_cast<uint8_t*>(slice.begin()), slice.size());
  }
}

}  // namespace muster::service
