// A command over a connection.
#ifndef SSH_ENGINE_TRANSPORT_EXEC_CHANNEL_H_
#define SSH_ENGINE_TRANSPORT_EXEC_CHANNEL_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/channel_setup.h"
#include "ssh_engine/output.h"
#include "ssh_engine/transport/ssh_step.h"

namespace muster::engine {

// How the command ended, as far as the server has said. A value.
struct ExitReport {
  bool has_status = false;
  uint32_t status = 0;  // RFC 4254, 6.10: Windows' go up to 4294967295
  bool has_signal = false;
  std::string signal;  // "KILL"
  bool core_dumped = false;
  bool end_of_output = false;  // everything that the command wrote has been given out

  bool ended() const { return has_status || has_signal; }
};

// A session channel (RFC 4254, 6) for one command: opened, set up, then given its request. What
// comes after that is taken in by SshTransport::Pump, for all channels at once. So is what comes
// during a step, where the connection has another channel already; where it has none, the step
// takes it in.
//
// Loop-confined. Made by a transport, and destroyed before it. After kFailed, and after the
// transport has failed, only failure(), exit_report(), closed() and the destructor may be called.
class ExecChannel {
 public:
  using Step = SshStep;
  // Of the command's output; called within Request and SshTransport::Pump, and must not destroy the
  // channel there. The bytes are valid during the call only.
  using Output = absl::AnyInvocable<void(OutputStream, absl::string_view)>;

  // Closes it, whether the command has ended or not.
  virtual ~ExecChannel() = default;

  // To be called again, whenever something has come, until it does not answer kAgain.
  virtual Step Open() = 0;
  // As Open, after it and before Request; not needed where there is nothing to ask for. Variables
  // that the server refuses are left out; a terminal that it refuses is kFailed (kExecRefused).
  virtual Step SetUp(const ChannelSetup& setup) = 0;
  // Whether SetUp has left out one.
  virtual bool environment_refused() const = 0;
  // As Open. Output may come before kDone. Where the server does not answer, but sends output or
  // the end of the command, that is the answer; if it refuses after that, failure() says so.
  virtual Step Request(const std::string& command) = 0;
  // How many bytes of input the command may be sent now; where there is no room, some is told of as
  // if something had come. After Request was done.
  virtual size_t InputRoom() const = 0;
  // At most InputRoom() bytes. How many were sent: none while keys are exchanged anew.
  virtual size_t SendInput(absl::string_view bytes) = 0;
  // The command reads end of file, after what it was sent. Once, after Open; before the first call
  // of Request it goes with the request, in one packet.
  virtual void EndInput() = 0;
  // Sends the command a signal ("TERM"; RFC 4254, 6.9). After Request was done.
  virtual void Signal(const std::string& name) = 0;
  // The terminal of SetUp gets another size (RFC 4254, 6.7), as soon as that can be said. After
  // SetUp was done.
  virtual void Resize(TerminalSize size) = 0;
  // Asks the server to close the channel, without waiting.
  virtual void Close() = 0;

  // Whether the server has closed it: nothing more will come.
  virtual bool closed() const = 0;
  virtual const ExitReport& exit_report() const = 0;
  // Of the channel, or of the connection; its cause is kNone where neither has failed.
  virtual const TransportFailure& failure() const = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_TRANSPORT_EXEC_CHANNEL_H_
