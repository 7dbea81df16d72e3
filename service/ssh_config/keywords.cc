#include "service/ssh_config/keywords.h"

#include "absl/container/flat_hash_map.h"

namespace muster::service {
namespace {

constexpr KeywordInfo kTable[] = {
    {"host", Keyword::kHost, ValueKind::kCondition, ""},
    {"match", Keyword::kMatch, ValueKind::kCondition, ""},
    {"include", Keyword::kInclude, ValueKind::kCondition, ""},
    {"addressfamily", Keyword::kAddressFamily, ValueKind::kOneOf, "any inet inet6"},
    {"bindaddress", Keyword::kBindAddress, ValueKind::kWord, ""},
    {"bindinterface", Keyword::kBindInterface, ValueKind::kWord, ""},
    {"canonicaldomains", Keyword::kCanonicalDomains, ValueKind::kDomains, ""},
    {"canonicalizefallbacklocal", Keyword::kCanonicalizeFallbackLocal, ValueKind::kFlag, ""},
    {"canonicalizehostname", Keyword::kCanonicalizeHostname, ValueKind::kOneOf,
     "yes no true=yes false=no always"},
    {"canonicalizemaxdots", Keyword::kCanonicalizeMaxDots, ValueKind::kNumber, ""},
    {"canonicalizepermittedcnames", Keyword::kCanonicalizePermittedCnames, ValueKind::kCnames, ""},
    {"certificatefile", Keyword::kCertificateFile, ValueKind::kWord, ""},
    {"checkhostip", Keyword::kCheckHostIp, ValueKind::kFlag, ""},
    {"ciphers", Keyword::kCiphers, ValueKind::kAlgorithms, ""},
    {"clearallforwardings", Keyword::kClearAllForwardings, ValueKind::kFlag, ""},
    {"compression", Keyword::kCompression, ValueKind::kOneOf, "yes no"},
    {"connecttimeout", Keyword::kConnectTimeout, ValueKind::kTime, ""},
    {"connectionattempts", Keyword::kConnectionAttempts, ValueKind::kNumber, ""},
    {"dynamicforward", Keyword::kDynamicForward, ValueKind::kWord, ""},
    {"forwardagent", Keyword::kForwardAgent, ValueKind::kFlagOrAgent, ""},
    {"globalknownhostsfile", Keyword::kGlobalKnownHostsFile, ValueKind::kWords, ""},
    {"gssapiauthentication", Keyword::kGssapiAuthentication, ValueKind::kFlag, ""},
    {"gssapidelegatecredentials", Keyword::kGssapiDelegateCredentials, ValueKind::kFlag, ""},
    {"hashknownhosts", Keyword::kHashKnownHosts, ValueKind::kFlag, ""},
    {"hostkeyalgorithms", Keyword::kHostKeyAlgorithms, ValueKind::kAlgorithms, ""},
    {"hostkeyalias", Keyword::kHostKeyAlias, ValueKind::kWord, ""},
    {"hostbasedauthentication", Keyword::kHostbasedAuthentication, ValueKind::kFlag, ""},
    {"hostname", Keyword::kHostname, ValueKind::kWord, ""},
    {"identitiesonly", Keyword::kIdentitiesOnly, ValueKind::kFlag, ""},
    {"identityagent", Keyword::kIdentityAgent, ValueKind::kAgent, ""},
    {"identityfile", Keyword::kIdentityFile, ValueKind::kWord, ""},
    {"identityfile2", Keyword::kIdentityFile, ValueKind::kWord, ""},
    {"ignoreunknown", Keyword::kIgnoreUnknown, ValueKind::kWord, ""},
    {"kbdinteractiveauthentication", Keyword::kKbdInteractiveAuthentication, ValueKind::kFlag, ""},
    {"challengeresponseauthentication", Keyword::kKbdInteractiveAuthentication, ValueKind::kFlag,
     ""},
    {"skeyauthentication", Keyword::kKbdInteractiveAuthentication, ValueKind::kFlag, ""},
    {"tisauthentication", Keyword::kKbdInteractiveAuthentication, ValueKind::kFlag, ""},
    {"kexalgorithms", Keyword::kKexAlgorithms, ValueKind::kAlgorithms, ""},
    {"knownhostscommand", Keyword::kKnownHostsCommand, ValueKind::kLine, ""},
    {"localcommand", Keyword::kLocalCommand, ValueKind::kLine, ""},
    {"localforward", Keyword::kLocalForward, ValueKind::kLocalForward, ""},
    {"macs", Keyword::kMacs, ValueKind::kAlgorithms, ""},
    {"nohostauthenticationforlocalhost", Keyword::kNoHostAuthenticationForLocalhost,
     ValueKind::kFlag, ""},
    {"passwordauthentication", Keyword::kPasswordAuthentication, ValueKind::kFlag, ""},
    {"permitlocalcommand", Keyword::kPermitLocalCommand, ValueKind::kFlag, ""},
    {"pkcs11provider", Keyword::kPkcs11Provider, ValueKind::kWord, ""},
    {"smartcarddevice", Keyword::kPkcs11Provider, ValueKind::kWord, ""},
    {"port", Keyword::kPort, ValueKind::kPort, ""},
    {"preferredauthentications", Keyword::kPreferredAuthentications, ValueKind::kWord, ""},
    {"proxycommand", Keyword::kProxyCommand, ValueKind::kLine, ""},
    {"proxyjump", Keyword::kProxyJump, ValueKind::kJumpHosts, ""},
    {"proxyusefdpass", Keyword::kProxyUseFdpass, ValueKind::kFlag, ""},
    {"pubkeyacceptedalgorithms", Keyword::kPubkeyAcceptedAlgorithms, ValueKind::kAlgorithms, ""},
    {"pubkeyacceptedkeytypes", Keyword::kPubkeyAcceptedAlgorithms, ValueKind::kAlgorithms, ""},
    {"pubkeyauthentication", Keyword::kPubkeyAuthentication, ValueKind::kOneOf,
     "yes no true=yes false=no unbound host-bound"},
    {"dsaauthentication", Keyword::kPubkeyAuthentication, ValueKind::kOneOf,
     "yes no true=yes false=no unbound host-bound"},
    {"refuseconnection", Keyword::kRefuseConnection, ValueKind::kWord, ""},
    {"rekeylimit", Keyword::kRekeyLimit, ValueKind::kRekey, ""},
    {"remotecommand", Keyword::kRemoteCommand, ValueKind::kLine, ""},
    {"remoteforward", Keyword::kRemoteForward, ValueKind::kRemoteForward, ""},
    {"requesttty", Keyword::kRequestTty, ValueKind::kOneOf, "yes no true=yes false=no force auto"},
    {"requiredrsasize", Keyword::kRequiredRsaSize, ValueKind::kNumber, ""},
    {"rsaminsize", Keyword::kRequiredRsaSize, ValueKind::kNumber, ""},  // RHEL's
    {"revokedhostkeys", Keyword::kRevokedHostKeys, ValueKind::kWord, ""},
    {"securitykeyprovider", Keyword::kSecurityKeyProvider, ValueKind::kWord, ""},
    {"sendenv", Keyword::kSendEnv, ValueKind::kSentVariables, ""},
    {"serveralivecountmax", Keyword::kServerAliveCountMax, ValueKind::kNumber, ""},
    {"serveraliveinterval", Keyword::kServerAliveInterval, ValueKind::kTime, ""},
    {"protocolkeepalives", Keyword::kServerAliveInterval, ValueKind::kTime, ""},  // Debian's
    {"setuptimeout", Keyword::kServerAliveInterval, ValueKind::kTime, ""},        // the same
    {"sessiontype", Keyword::kSessionType, ValueKind::kOneOf, "none subsystem default"},
    {"setenv", Keyword::kSetEnv, ValueKind::kSetVariables, ""},
    {"stdinnull", Keyword::kStdinNull, ValueKind::kFlag, ""},
    {"stricthostkeychecking", Keyword::kStrictHostKeyChecking, ValueKind::kOneOf,
     "yes no true=yes false=no off=no ask accept-new"},
    {"tag", Keyword::kTag, ValueKind::kWord, ""},
    {"tcpkeepalive", Keyword::kTcpKeepAlive, ValueKind::kFlag, ""},
    {"keepalive", Keyword::kTcpKeepAlive, ValueKind::kFlag, ""},
    {"user", Keyword::kUser, ValueKind::kWord, ""},
    {"userknownhostsfile", Keyword::kUserKnownHostsFile, ValueKind::kWords, ""},
    {"verifyhostkeydns", Keyword::kVerifyHostKeyDns, ValueKind::kOneOf,
     "yes no true=yes false=no ask"},
};

// What ssh itself has given up, or never had a meaning for Muster.
constexpr const char* kNeedless[] = {
    "addkeystoagent",
    "afstokenpassing",
    "batchmode",
    "casignaturealgorithms",
    "channeltimeout",
    "cipher",
    "compressionlevel",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "enableescapecommandline",
    "enablesshkeysign",
    "escapechar",
    "exitonforwardfailure",
    "fallbacktorsh",
    "fingerprinthash",
    "forkafterauthentication",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "globalknownhostsfile2",
    "gssapiclientidentity",  // as the next five, of Debian's, Fedora's and RHEL's ssh
    "gssapikexalgorithms",
    "gssapikeyexchange",
    "gssapirenewalforcesrekey",
    "gssapiserveridentity",
    "gssapitrustdns",
    "hostbasedacceptedalgorithms",
    "hostbasedkeytypes",
    "ipqos",
    "kbdinteractivedevices",
    "kerberosauthentication",
    "kerberostgtpassing",
    "loglevel",
    "logverbose",
    "numberofpasswordprompts",
    "obscurekeystroketiming",
    "permitremoteopen",
    "protocol",
    "rhostsauthentication",
    "rhostsrsaauthentication",
    "rsaauthentication",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "syslogfacility",
    "tunnel",
    "tunneldevice",
    "updatehostkeys",
    "useblacklistedkeys",  // Debian's
    "useprivilegedport",
    "userknownhostsfile2",
    "useroaming",
    "usersh",
    "versionaddendum",
    "visualhostkey",
    "warnweakcrypto",
    "xauthlocation",
};

using Index = absl::flat_hash_map<absl::string_view, KeywordInfo>;

Index MakeIndex() {
  Index index;
  for (const KeywordInfo& info : kTable) index.emplace(info.name, info);
  for (const char* name : kNeedless) {
    index.emplace(name, KeywordInfo{name, Keyword::kNeedless, ValueKind::kAnything, ""});
  }
  return index;
}

}  // namespace

const KeywordInfo* FindKeyword(absl::string_view name) {
  static const Index& index = *new Index(MakeIndex());
  const auto found = index.find(name);
  return found == index.end() ? nullptr : &found->second;
}

}  // namespace muster::service
