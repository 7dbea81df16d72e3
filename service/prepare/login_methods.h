// Which methods of logging in ssh_config leaves to a host, and why it takes others away.
#ifndef SERVICE_PREPARE_LOGIN_METHODS_H_
#define SERVICE_PREPARE_LOGIN_METHODS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/ssh_config/host_settings.h"
#include "ssh_engine/credentials/credential.h"

namespace muster::service {

// CredentialSpec::methods. `given`: what counts before the file; where it names methods, these
// instead of PreferredAuthentications, but for what is switched off.
std::vector<std::string> LoginMethodsOf(const HostSettings& settings,
                                        const engine::CredentialSpec& given);

// Whether one of LoginMethodsOf's is tried.
bool IsTried(const std::vector<std::string>& methods, absl::string_view method);

// Sentences for who cannot log in: why ssh_config takes that away, which was given. Empty: it was
// not ssh_config.
std::string WhyNoKeys(const HostSettings& settings, const engine::CredentialSpec& given);
std::string WhyNoPassword(const HostSettings& settings, const engine::CredentialSpec& given);
std::string WhyNoAnswers(const HostSettings& settings, const engine::CredentialSpec& given);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_LOGIN_METHODS_H_
