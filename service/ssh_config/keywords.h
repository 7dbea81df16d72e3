// The keywords of ssh_config(5), as of OpenSSH 10, and those that the ssh of Debian and of RHEL
// knows besides: the system's file may have them for everybody.
#ifndef SERVICE_SSH_CONFIG_KEYWORDS_H_
#define SERVICE_SSH_CONFIG_KEYWORDS_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace muster::service {

// What takes part in reaching a host, logging in there and running a command. All others are
// kNeedless.
enum class Keyword {
  kHost,
  kMatch,
  kInclude,
  kAddressFamily,
  kBindAddress,
  kBindInterface,
  kCanonicalDomains,
  kCanonicalizeFallbackLocal,
  kCanonicalizeHostname,
  kCanonicalizeMaxDots,
  kCanonicalizePermittedCnames,
  kCertificateFile,
  kCheckHostIp,
  kCiphers,
  kClearAllForwardings,
  kCompression,
  kConnectTimeout,
  kConnectionAttempts,
  kDynamicForward,
  kForwardAgent,
  kForwardAgentSocket,  // where ForwardAgent names one
  kGlobalKnownHostsFile,
  kGssapiAuthentication,
  kGssapiDelegateCredentials,
  kHashKnownHosts,
  kHostKeyAlgorithms,
  kHostKeyAlias,
  kHostbasedAuthentication,
  kHostname,
  kIdentitiesOnly,
  kIdentityAgent,
  kIdentityFile,
  kIgnoreUnknown,
  kKbdInteractiveAuthentication,
  kKexAlgorithms,
  kKnownHostsCommand,
  kLocalCommand,
  kLocalForward,
  kMacs,
  kNoHostAuthenticationForLocalhost,
  kPasswordAuthentication,
  kPermitLocalCommand,
  kPkcs11Provider,
  kPort,
  kPreferredAuthentications,
  kProxyCommand,
  kProxyJump,
  kProxyUseFdpass,
  kPubkeyAcceptedAlgorithms,
  kPubkeyAuthentication,
  kRefuseConnection,
  kRekeyInterval,  // RekeyLimit's second argument
  kRekeyLimit,
  kRemoteCommand,
  kRemoteForward,
  kRequestTty,
  kRequiredRsaSize,
  kRevokedHostKeys,
  kSecurityKeyProvider,
  kSendEnv,
  kServerAliveCountMax,
  kServerAliveInterval,
  kSessionType,
  kSetEnv,
  kStdinNull,
  kStrictHostKeyChecking,
  kTag,
  kTcpKeepAlive,
  kUser,
  kUserKnownHostsFile,
  kVerifyHostKeyDns,
  // Has no meaning where commands run on many hosts at once: what is shared with other ssh
  // processes, shown to or asked of somebody at a terminal, or logged by ssh itself.
  kNeedless,
};
constexpr size_t kKeywords = static_cast<size_t>(Keyword::kNeedless) + 1;

// How a keyword's arguments are written.
enum class ValueKind {
  kCondition,  // of Host, Match, Include
  kAnything,   // not looked at
  kWord,
  kWords,          // at least one; "none" stands alone
  kLine,           // all that follows, as it stands there
  kFlag,           // yes, no
  kOneOf,          // KeywordInfo::choices
  kTime,           // seconds, or as "1h30m"; "none": as if it were not written
  kNumber,         // from 0 on
  kPort,           // a number or a service's name
  kAlgorithms,     // names after commas, perhaps after '+', '-' or '^'
  kAgent,          // a path, with ${VARIABLES}, or $VARIABLE
  kFlagOrAgent,    // ForwardAgent
  kLocalForward,   // where to listen, and whereto
  kRemoteForward,  // the same, or a port alone
  kRekey,          // bytes, and perhaps a time
  kJumpHosts,      // ProxyJump
  kDomains,        // lower-case domains, or "none"
  kCnames,         // "names:targets" or "*", or "none"
  kSentVariables,  // patterns of names
  kSetVariables,   // NAME=VALUE
};

struct KeywordInfo {
  const char* name;  // in lower case
  Keyword keyword;
  ValueKind kind;
  const char* choices;  // of kOneOf: "given=meant given=meant", in lower case
};

// Null: ssh does not know it either. `name`: in lower case.
const KeywordInfo* FindKeyword(absl::string_view name);

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_KEYWORDS_H_
