// Tells where ssh would go another way than muster, which does not read ssh_config(5).
#ifndef CLIENT_OUTPUT_SSH_CONFIG_HINT_H_
#define CLIENT_OUTPUT_SSH_CONFIG_HINT_H_

#include <memory>

#include "client/options/options.h"
#include "client/options/ssh_config.h"
#include "client/output/output_writer.h"
#include "client/output/printer.h"

namespace muster::client {

// What the command line says: it would win over ssh's configuration, too. A value.
struct GivenLogin {
  bool user = false;
  bool port = false;
  bool jump = false;
  bool identity = false;
};

// On standard error, once before the output of hosts that ssh would reach otherwise (HostName,
// User, Port, ProxyJump, ProxyCommand), and once at the end for hosts that could not be logged into
// where it has other keys for them. Says nothing where nothing differs.
std::unique_ptr<Printer> NewSshConfigHint(OutputWriter* writer, SshConfig config,
                                          const GivenLogin& given);

// The same of ~/.ssh/config and /etc/ssh/ssh_config. Null where there is nothing to tell: they say
// nothing of how hosts are reached, or the login is not the caller's own (another daemon than his,
// a credential of the daemon's, a run that is only watched).
std::unique_ptr<Printer> SshConfigHintFor(const Options& options, OutputWriter* writer);

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_SSH_CONFIG_HINT_H_
