#include "service/listen/server_credentials.h"

#include <errno.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/listen/network_door.h"

namespace muster::service {
namespace {

constexpr unsigned kRefreshSeconds = 60;

absl::Status CheckNamed(absl::string_view flag, const std::string& path) {
  if (path.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "listening on the network needs ", flag,
        ": musterd serves it by mutual TLS only (--tls-cert, --tls-key, --client-ca)"));
  }
  if (access(path.c_str(), R_OK) != 0) {
    const int error = errno;
    return absl::ErrnoToStatus(error, absl::StrCat(flag, " ", path));
  }
  return absl::OkStatus();
}

absl::Status CheckPrivate(const std::string& key) {
  struct stat info = {};
  if (stat(key.c_str(), &info) == 0 && (info.st_mode & 077) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("--tls-key ", key, ": others can read it; chmod 600 it"));
}

absl::Status OpenSslStatus(absl::string_view flag, const std::string& path) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return absl::InvalidArgumentError(
      absl::StrCat(flag, " ", path, ": ", reason != nullptr ? reason : "not a PEM file"));
}

absl::Status CheckContents(const TlsFiles& files) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()),
                                                             SSL_CTX_free);
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    return OpenSslStatus("--tls-cert", files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return OpenSslStatus("--tls-key", files.key);
  }
  if (SSL_CTX_load_verify_locations(context.get(), files.client_ca.c_str(), nullptr) != 1) {
    return OpenSslStatus("--client-ca", files.client_ca);
  }
  return absl::OkStatus();
}

absl::Status Check(const TlsFiles& files) {
  absl::Status status = CheckNamed("--tls-cert", files.certificate);
  status.Update(CheckNamed("--tls-key", files.key));
  status.Update(CheckNamed("--client-ca", files.client_ca));
  if (status.ok()) status = CheckPrivate(files.key);
  if (status.ok()) status = CheckContents(files);
  return status;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MutualTls(const TlsFiles& files,
                                                                   const Authorizer* authorizer) {
  const absl::Status checked = Check(files);
  if (!checked.ok()) return checked;
  const auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      files.key, files.certificate, files.client_ca, kRefreshSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  // Besides the check of the chain, which gRPC makes in any case.
  options.set_certificate_verifier(NewHandshakeCheck(authorizer));
  std::shared_ptr<grpc::ServerCredentials> credentials =
      grpc::experimental::TlsServerCredentials(options);
  credentials->SetAuthMetadataProcessor(NewCallCheck(authorizer));
  return credentials;
}

}  // namespace muster::service
