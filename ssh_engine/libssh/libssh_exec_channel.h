// A channel of libssh's for a command.
#ifndef SSH_ENGINE_LIBSSH_LIBSSH_EXEC_CHANNEL_H_
#define SSH_ENGINE_LIBSSH_LIBSSH_EXEC_CHANNEL_H_

#include <memory>

#include "ssh_engine/libssh/libssh_link.h"
#include "ssh_engine/transport/exec_channel.h"

namespace muster::engine {

// Clears `reusable`, which outlives the channel, where the server has not closed the channel when
// it is destroyed, and where it is not the only one: what a second channel leaves unread would come
// to the next command.
std::unique_ptr<ExecChannel> NewLibsshExecChannel(LibsshLink* link, ExecChannel::Output output,
                                                  bool* reusable);

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_LIBSSH_EXEC_CHANNEL_H_
