// What ssh_config says of a host's login, as a credential.
#ifndef SERVICE_PREPARE_SSH_CREDENTIAL_H_
#define SERVICE_PREPARE_SSH_CREDENTIAL_H_

#include <string>

#include "service/access/config.h"
#include "service/ssh_config/host_settings.h"
#include "ssh_engine/base/secret.h"

namespace muster::service {

// What counts before the files do. A value.
struct GivenLogin {
  NamedCredential credential;
  bool host_key_policy = false;  // whether the credential's was asked for
  bool connect_timeout = false;
  engine::Passphrase passphrase;  // of encrypted files that ssh_config names
  engine::TicketSource kerberos;  // where the file asks for GSSAPI
};

// Whether IdentityAgent is a variable that is not VariableOf's, so that nobody knows which agent.
bool IsUnknownAgent(const HostSettings& settings);
// The agent's socket by IdentityAgent, else `usual`; empty: none.
std::string AgentOf(const HostSettings& settings, const std::string& usual);

// `home`: where the keys are that ssh tries without being told.
NamedCredential CredentialOf(const HostSettings& settings, const GivenLogin& given,
                             const std::string& home);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_SSH_CREDENTIAL_H_
