#include "client/library/tls_files.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/library/certificate_text.h"

namespace muster::client {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

absl::StatusOr<std::string> ReadPem(absl::string_view what, const std::string& path) {
  if (path.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a musterd on the network needs ", what,
                     ": your certificate, its key, and who vouches for the daemon"));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (file) return text.str();
  const char* const reason = errno != 0 ? strerror(errno) : "it is empty";
  return absl::NotFoundError(absl::StrCat(what, " ", path, ": cannot be read: ", reason));
}

Bio Over(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
}

Certificate ParseCertificate(const std::string& pem) {
  return Certificate(PEM_read_bio_X509(Over(pem).get(), nullptr, nullptr, nullptr), X509_free);
}

// Else OpenSSL would ask on the terminal.
int NoPassphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

absl::Status NoPem(absl::string_view what, const std::string& path, absl::string_view wanted) {
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat(what, " ", path, ": holds no ", wanted, " (PEM)"));
}

absl::Status CheckDates(const X509* certificate, const std::string& path, absl::Time now) {
  time_t seconds = absl::ToTimeT(now);
  const ASN1_TIME* const from = X509_get0_notBefore(certificate);
  const ASN1_TIME* const to = X509_get0_notAfter(certificate);
  const char* problem = nullptr;
  const ASN1_TIME* when = to;
  if (X509_cmp_time(to, &seconds) < 0) {
    problem = "expired on ";
  } else if (X509_cmp_time(from, &seconds) > 0) {
    problem = "is not valid before ";
    when = from;
  }
  if (problem == nullptr) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("--tls-cert ", path, ": your certificate ", problem,
                                             DateText(when),
                                             "; get a new one, or set this machine's clock"));
}

absl::Status CheckPair(const TlsFiles& files, const TlsContents& contents, absl::Time now) {
  const Certificate certificate = ParseCertificate(contents.certificate);
  if (certificate == nullptr) return NoPem("--tls-cert", files.certificate, "certificate");
  bool encrypted = false;
  const Key key(
      PEM_read_bio_PrivateKey(Over(contents.key).get(), nullptr, NoPassphrase, &encrypted),
      EVP_PKEY_free);
  if (encrypted) {
    ERR_clear_error();
    return absl::InvalidArgumentError(absl::StrCat(
        "--tls-key ", files.key, ": is encrypted; muster takes a key without a passphrase"));
  }
  if (key == nullptr) return NoPem("--tls-key", files.key, "private key");
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(absl::StrCat(
        "--tls-key ", files.key, ": is not the key of --tls-cert ", files.certificate));
  }
  return CheckDates(certificate.get(), files.certificate, now);
}

}  // namespace

absl::StatusOr<TlsContents> ReadTlsFiles(const TlsFiles& files, absl::Time now) {
  TlsContents contents;
  const auto read = [](absl::string_view what, const std::string& path, std::string* to) {
    absl::StatusOr<std::string> text = ReadPem(what, path);
    if (text.ok()) *to = *std::move(text);
    return text.status();
  };
  absl::Status status = read("--tls-cert", files.certificate, &contents.certificate);
  if (status.ok()) status = read("--tls-key", files.key, &contents.key);
  if (status.ok()) status = read("--tls-ca", files.ca, &contents.ca);
  if (status.ok()) status = CheckPair(files, contents, now);
  if (status.ok() && ParseCertificate(contents.ca) == nullptr) {
    status = NoPem("--tls-ca", files.ca, "certificate");
  }
  if (!status.ok()) return status;
  return contents;
}

}  // namespace muster::client
