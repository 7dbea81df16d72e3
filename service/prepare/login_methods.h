// Which methods of logging in ssh_config leaves to a host, and why it takes others away.
#ifndef SERVICE_PREPARE_LOGIN_METHODS_H_
#define SERVICE_PREPARE_LOGIN_METHODS_H_

#include <string>

#include "service/ssh_config/host_settings.h"

namespace muster::service {

struct LoginMethods {
  bool keys = true;
  bool password = true;  // the method of this name
  bool keyboard = true;  // keyboard-interactive, which is answered with the password
};
LoginMethods LoginMethodsOf(const HostSettings& settings);

// Whether Muster's order, keys first and then by either method of the password, is another one
// than PreferredAuthentications asks for.
bool PrefersAnother(const HostSettings& settings);

// Sentences for who cannot log in; empty: they are used.
std::string WhyNoKeys(const HostSettings& settings);
std::string WhyNoPassword(const HostSettings& settings);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_LOGIN_METHODS_H_
