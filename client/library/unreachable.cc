#include "client/library/unreachable.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/library/certificate_text.h"
#include "client/library/http2_greeting.h"

namespace muster::client {
namespace {

constexpr int kPatienceSeconds = 5;  // for each step
constexpr unsigned char kHttp2[] = {2, 'h', '2'};

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

std::string ProxyNote() {
  for (const char* name : {"grpc_proxy", "https_proxy", "http_proxy"}) {
    const char* const value = getenv(name);
    if (value != nullptr && *value != 0) {
      return absl::StrCat(" (muster does not go by way of the proxy in $", name, ")");
    }
  }
  return "";
}

class Attempt {
 public:
  Attempt(const std::string& host_port, const TlsContents& tls);

  // One step after the other, each where the one before was fine: the first that is not tells.
  absl::Status Go();

 private:
  absl::Status Connect(int* fd);
  absl::Status ConnectTo(const addrinfo& address, int* fd);
  absl::Status Prepare(int fd);
  absl::Status Handshake();
  absl::Status Greeting();
  absl::Status Is(absl::string_view what) const {
    return absl::UnavailableError(absl::StrCat(name_, what));
  }
  absl::Status HandshakeError(int error);
  absl::Status ServerCertificateError() const;
  absl::Status Refused(absl::string_view reason) const;
  static int Verify(X509_STORE_CTX* context, void* attempt);

  const std::string name_;
  std::string host_;
  std::string port_;
  const TlsContents& tls_;
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  int verified_ = X509_V_OK;
  Certificate own_{nullptr, X509_free};       // the server's
  Certificate rejected_{nullptr, X509_free};  // that, or one above it
};

Attempt::Attempt(const std::string& host_port, const TlsContents& tls)
    : name_(host_port),
      tls_(tls),
      context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
      ssl_(nullptr, SSL_free) {
  const size_t colon = host_port.rfind(':');
  host_ = host_port.substr(0, colon);
  port_ = host_port.substr(colon + 1);
  if (host_.size() > 2 && host_[0] == '[') host_ = host_.substr(1, host_.size() - 2);
}

absl::Status Attempt::Go() {
  int fd = -1;
  absl::Status status = Connect(&fd);
  const Socket socket(fd);
  if (status.ok()) status = Prepare(fd);
  if (status.ok()) status = Handshake();
  if (status.ok()) status = Greeting();
  return status;
}

absl::Status Attempt::Connect(int* fd) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host_.c_str(), port_.c_str(), &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat("the name ", host_, " of the musterd does not resolve: ", gai_strerror(error),
                     "; is it written right?", ProxyNote()));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  absl::Status status;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    status = ConnectTo(*at, fd);
    if (status.ok()) break;
  }
  return status;
}

absl::Status Attempt::ConnectTo(const addrinfo& address, int* fd) {
  const int made = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) return Is(absl::StrCat(": ", strerror(errno)));
  const timeval patience = {kPatienceSeconds, 0};  // of connect(2) too: socket(7)
  setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  if (connect(made, address.ai_addr, address.ai_addrlen) == 0) {
    *fd = made;
    return absl::OkStatus();
  }
  const int error = errno;
  close(made);
  if (error == ECONNREFUSED) {
    return Is(
        absl::StrCat(": nobody listens there (connection refused); does musterd run there, on "
                     "this port?",
                     ProxyNote()));
  }
  if (error == EINPROGRESS || error == ETIMEDOUT || error == EAGAIN) {
    return Is(
        absl::StrCat(": does not answer; is the machine on, and does a firewall let this "
                     "connection through?",
                     ProxyNote()));
  }
  return Is(absl::StrCat(": ", strerror(error), ProxyNote()));
}

// As gRPC does it (src/core/tsi/ssl_transport_security.cc).
absl::Status Attempt::Prepare(int fd) {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, Verify, this);
  SSL_CTX_set_alpn_protos(context, kHttp2, sizeof(kHttp2));
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  const Bio ca(BIO_new_mem_buf(tls_.ca.data(), static_cast<int>(tls_.ca.size())), BIO_free);
  for (;;) {
    const Certificate one(PEM_read_bio_X509(ca.get(), nullptr, nullptr, nullptr), X509_free);
    if (one == nullptr) break;
    X509_STORE_add_cert(store, one.get());
  }
  const Bio pem(BIO_new_mem_buf(tls_.certificate.data(), static_cast<int>(tls_.certificate.size())),
                BIO_free);
  const Certificate own(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr), X509_free);
  SSL_CTX_use_certificate(context, own.get());
  for (;;) {
    X509* const above = PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr);
    if (above == nullptr || SSL_CTX_add_extra_chain_cert(context, above) != 1) break;
  }
  const Bio key_pem(BIO_new_mem_buf(tls_.key.data(), static_cast<int>(tls_.key.size())), BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(key_pem.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  SSL_CTX_use_PrivateKey(context, key.get());
  ERR_clear_error();
  ssl_.reset(SSL_new(context));
  SSL_set_fd(ssl_.get(), fd);
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl_.get());
  in6_addr ignored;
  const bool literal = inet_pton(AF_INET, host_.c_str(), &ignored) == 1 ||
                       inet_pton(AF_INET6, host_.c_str(), &ignored) == 1;
  if (literal) {
    X509_VERIFY_PARAM_set1_ip_asc(wanted, host_.c_str());
  } else {
    X509_VERIFY_PARAM_set1_host(wanted, host_.c_str(), host_.size());
    SSL_set_tlsext_host_name(ssl_.get(), host_.c_str());
  }
  return absl::OkStatus();
}

int Attempt::Verify(X509_STORE_CTX* context, void* attempt) {
  Attempt* const self = static_cast<Attempt*>(attempt);
  const int result = X509_verify_cert(context);
  self->verified_ = X509_STORE_CTX_get_error(context);
  const auto keep = [](X509* certificate, Certificate* in) {
    if (certificate != nullptr && X509_up_ref(certificate) == 1) in->reset(certificate);
  };
  keep(X509_STORE_CTX_get0_cert(context), &self->own_);
  keep(X509_STORE_CTX_get_current_cert(context), &self->rejected_);
  return result;
}

absl::Status Attempt::Handshake() {
  errno = 0;
  const int result = SSL_connect(ssl_.get());
  if (result != 1) return HandshakeError(SSL_get_error(ssl_.get(), result));
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
  if (size == 2 && memcmp(protocol, kHttp2 + 1, 2) == 0) return absl::OkStatus();
  return Is(": speaks TLS, but not gRPC (HTTP/2); is that the port of a musterd?");
}

// Alerts are what the other side complains of: RFC 8446, 6.2.
bool IsAlert(unsigned long error) {
  return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET;
}

absl::Status Attempt::HandshakeError(int error) {
  if (verified_ != X509_V_OK) return ServerCertificateError();
  const unsigned long reason = ERR_peek_last_error();
  if (IsAlert(reason)) return Refused(ERR_reason_error_string(reason));
  if (error == SSL_ERROR_WANT_READ || (error == SSL_ERROR_SYSCALL && errno == EAGAIN)) {
    return Is(
        ": took the connection and says nothing; is that the port of a musterd, and does it hang?");
  }
  const int number = ERR_GET_REASON(reason);
  if (error == SSL_ERROR_SYSCALL || number == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return Is(": closed the connection at once; is that the port of a musterd, and is it ending?");
  }
  if (number == SSL_R_WRONG_VERSION_NUMBER || number == SSL_R_HTTP_REQUEST ||
      number == SSL_R_PACKET_LENGTH_TOO_LONG) {
    return Is(": does not speak TLS; is that the port of a musterd?");
  }
  const char* const text = ERR_reason_error_string(reason);
  return Is(absl::StrCat(": TLS handshake: ", text != nullptr ? text : "failed"));
}

std::string Named(const Certificate& one) {
  return one == nullptr
             ? "its certificate"
             : absl::StrCat("its certificate (", NameText(X509_get_subject_name(one.get())), ")");
}

absl::Status Attempt::ServerCertificateError() const {
  const X509* const one = rejected_.get();
  const std::string whose = Named(rejected_);
  switch (one == nullptr ? X509_V_ERR_UNSPECIFIED : verified_) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Is(absl::StrCat(": ", whose, " expired on ", DateText(X509_get0_notAfter(one)),
                             "; it has to be renewed there, if this machine's clock is right"));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Is(absl::StrCat(": ", whose, " is not valid before ",
                             DateText(X509_get0_notBefore(one)),
                             "; is this machine's clock right?"));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return Is(absl::StrCat(": ", whose, " is not for the name ", host_,
                             "; write the name that it is for, or have it issued for this one"));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return Is(absl::StrCat(": ", Named(own_),
                             " is not of an authority in --tls-ca; that file has to hold "
                             "the authority of this musterd"));
    default:
      return Is(absl::StrCat(": ", whose, ": ", X509_verify_cert_error_string(verified_)));
  }
}

absl::Status Attempt::Refused(absl::string_view reason) const {
  const X509* const own = SSL_CTX_get0_certificate(context_.get());
  const absl::string_view what = reason.empty()
                                     ? ": closed the connection once it had seen your certificate ("
                                     : ": refused your certificate (";
  return Is(
      absl::StrCat(what, NameText(X509_get_subject_name(own)), ", of ",
                   NameText(X509_get_issuer_name(own)), ")", reason.empty() ? "" : ": ", reason,
                   "; it has to be of the authority in that musterd's --client-ca, valid by its "
                   "clock, and named in its policy"));
}

// With TLS 1.3 the server looks at our certificate when our side of the handshake is over already.
absl::Status Attempt::Greeting() {
  char greeting[kHttp2GreetingBytes];
  errno = 0;
  const int size = SSL_read(ssl_.get(), greeting, sizeof(greeting));
  if (size > 0 && IsHttp2Greeting({greeting, static_cast<size_t>(size)})) return absl::OkStatus();
  if (size > 0) return Is(": speaks TLS, but not gRPC; is that the port of a musterd?");
  const unsigned long reason = ERR_peek_last_error();
  if (IsAlert(reason)) return Refused(ERR_reason_error_string(reason));
  if (errno == EAGAIN) return Is(": does not answer; does its musterd hang?");
  return Refused("");
}

// OpenSSL writes to a socket whose other end may be closed.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutSigpipe() {
    const timespec none = {};
    if (sigismember(&before_, SIGPIPE) == 0) sigtimedwait(&pipe_, nullptr, &none);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
};

}  // namespace

absl::Status WhyUnreachable(const std::string& host_port, const TlsContents& tls,
                            absl::string_view grpc_said) {
  const WithoutSigpipe quiet;
  ERR_clear_error();
  const absl::Status status = Attempt(host_port, tls).Go();
  ERR_clear_error();
  if (!status.ok()) return status;
  return absl::UnavailableError(absl::StrCat(
      host_port, ": could not be reached, but answers now; try again (", grpc_said, ")"));
}

}  // namespace muster::client
