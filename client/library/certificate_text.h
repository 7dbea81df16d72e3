// Certificates for people.
#ifndef CLIENT_LIBRARY_CERTIFICATE_TEXT_H_
#define CLIENT_LIBRARY_CERTIFICATE_TEXT_H_

#include <openssl/x509.h>

#include <string>

namespace muster::client {

// "2026-11-29 02:00:00 UTC".
std::string DateText(const ASN1_TIME* time);

// "CN = hub, O = Example", as RFC 2253 quotes it; no byte of it controls a terminal.
std::string NameText(const X509_NAME* name);

}  // namespace muster::client

#endif  // CLIENT_LIBRARY_CERTIFICATE_TEXT_H_
