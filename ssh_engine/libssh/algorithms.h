// The algorithms that are offered to servers, and what to say where none of them is the server's.
#ifndef SSH_ENGINE_LIBSSH_ALGORITHMS_H_
#define SSH_ENGINE_LIBSSH_ALGORITHMS_H_

#include <libssh/libssh.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace muster::engine {

// Each is a list as in SSH_MSG_KEXINIT (RFC 4253, 7.1), the first choice first.

// Offered where the library has them: libssh 0.12, and for ML-KEM OpenSSL 3.5.
constexpr char kPostQuantumKeyExchange[] = "mlkem768x25519-sha256";
// Costs 25 times what that does, so that it comes last of all.
constexpr char kSlowPostQuantumKeyExchanges[] =
    "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com";

// What takes a loop 3 ms at most (group16), half of it at a time (tests/bench/micro.sh).
constexpr char kKeyExchanges[] =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "ecdh-sha2-nistp521,diffie-hellman-group14-sha256,diffie-hellman-group16-sha512";
// What takes up to 13 (group18) and 16 ms (group-exchange, where the server chooses 8192 bits): for
// servers that have nothing else, and at first not on a loop.
constexpr char kSlowKeyExchanges[] =
    "diffie-hellman-group-exchange-sha256,diffie-hellman-group18-sha512";
constexpr char kCiphers[] =
    "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,"
    "aes192-ctr,aes128-ctr";
// SHA-1 still holds where it keys a MAC (RFC 6151 says so even of MD5): some appliances have no
// other.
constexpr char kMacs[] =
    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,"
    "hmac-sha1-etm@openssh.com,hmac-sha1";

// Of logins with keys: what libssh signs with unless it is told otherwise.
constexpr char kSignatures[] =
    "ssh-ed25519,ecdsa-sha2-nistp521,ecdsa-sha2-nistp384,ecdsa-sha2-nistp256,"
    "sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256,"
    "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,"
    "ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,"
    "sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,"
    "rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com";
// What libssh can verify, which certificates are not.
constexpr char kHostKeys[] =
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,"
    "rsa-sha2-256";

// Whether the library that is loaded has it.
bool LibraryHas(ssh_options_e option, const std::string& name);
// All that there are, the slow ones last.
const char* AllKeyExchanges();
// Whether it may take more than a loop has time for, as those of the slow lists.
bool IsSlowKeyExchange(absl::string_view name);
// `list` without those; empty: it has no others.
std::string FastKeyExchanges(absl::string_view list);

// `list` with those of known types first, so that a server with several keys shows one that can be
// checked.
std::string HostKeyAlgorithms(absl::string_view list, const std::vector<std::string>& known_types);

// For a person, from libssh's error where there is no algorithm in common (ssh_kex_select_methods,
// kex.c): what the server has, and what would help. Empty for every other error. `error` is
// printable.
std::string ExplainMismatch(absl::string_view error);

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_ALGORITHMS_H_
