// One session of libssh's over one socket: what all who use it share.
#ifndef SSH_ENGINE_LIBSSH_LIBSSH_LINK_H_
#define SSH_ENGINE_LIBSSH_LIBSSH_LINK_H_

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/libssh/chatter_limit.h"
#include "ssh_engine/libssh/interposed/libssh_buffers.h"
#include "ssh_engine/libssh/interposed/libssh_socket.h"
#include "ssh_engine/transport/ssh_transport.h"

// What is not obvious in the files of this folder was measured or read in libssh's source (0.10);
// the functions named are upstream's.
namespace muster::engine {

// Before a login an honest server sends a few KiB; one that never ends would burn a core.
constexpr uint64_t kMostBytesBeforeLogin = 256 * 1024;

// libssh is used in turns, in which its socket is in memory. The transport is the link that makes
// the session and closes it; login and channels hold a pointer to it. Loop-confined, as the
// transport.
class LibsshLink {
 public:
  using Step = SshStep;
  using AuthStep = SshTransport::AuthStep;

  // A channel of a command, as Pump sees it.
  class Command {
   public:
    // Before each read.
    virtual void TakeReply() = 0;
    // Once nothing more has come.
    virtual void RepeatWindow() = 0;

   protected:
    ~Command() = default;
  };

  // One turn of a step: repeats it for as long as there is something to take in.
  template <typename Attempt>
  auto TakeTurn(Attempt attempt) -> decltype(attempt());
  // One turn that takes nothing in.
  void InTurn(absl::FunctionRef<void()> use);
  // Within a turn: from now on it takes nothing in.
  void StopReceiving() { io_.StopReceiving(); }
  // Within a turn, after each call into libssh: writes what it holds back, and tells whether the
  // connection lives.
  bool Settle();
  bool Alive();

  // Takes in what has come, as SshTransport says.
  Step Pump();
  bool has_more() const { return has_more_; }
  // While it is open. There may be several.
  void Add(Command* command) { commands_.push_back(command); }
  void Remove(Command* command);
  // What a step waits for may come in two parts: a handshake, a login, a command until it runs. The
  // next command's channel is opened and closed in one part each.
  void ExpectParts(bool expected) { in_parts_ = expected; }
  bool has_commands() const { return !commands_.empty(); }
  // One was closed or refused: the next Pump, or the one under way, tells its caller at once.
  void NoteNews() { news_ = true; }

  ssh_session session() const { return session_; }
  LibsshBuffers& buffers() { return buffers_; }
  // What the kernel has not taken.
  size_t unsent_size() const { return io_.unsent_size(); }
  uint64_t received_bytes() const { return counter_.in_bytes; }
  // Bytes of a channel's that have come.
  void CountData(size_t bytes) { chatter_.CountData(bytes); }
  // Counts the tunnels that were opened, from 0.
  uint32_t NextTunnel() { return tunnels_++; }

  void AskForLife();
  void GiveUp(TransportFailure failure) { given_up_ = std::move(failure); }

  // What libssh says; printable.
  std::string LibraryError() const;
  Step Fail(TransportFailure failure);
  // Says why the connection is not alive.
  Step FailLost();
  const TransportFailure& failure() const { return failure_; }

 protected:
  explicit LibsshLink(UniqueFd socket) : socket_(std::move(socket)) {}
  ~LibsshLink() = default;
  LibsshLink(const LibsshLink&) = delete;
  LibsshLink& operator=(const LibsshLink&) = delete;

  int fd() const;
  bool WantsWrite() const { return io_.HasUnsent() || LibraryWantsWrite(); }

  UniqueFd socket_;  // until libssh has it
  LibsshSocket io_;
  LibsshBuffers buffers_;
  ssh_session session_ = nullptr;
  ssh_event event_ = nullptr;
  ssh_counter_struct counter_ = {};  // of the socket
  ssh_counter_struct packets_ = {};  // of their payload
  ChatterLimit chatter_;
  TransportFailure failure_;

 private:
  // Around every use of libssh.
  class Turn {
   public:
    explicit Turn(LibsshLink* link) : link_(link), socket_(&link->io_), buffers_(&link->buffers_) {}
    ~Turn() {
      link_->EndTurn();
      link_->buffers_.GiveBack();
    }

   private:
    LibsshLink* const link_;
    const LibsshSocket::Scope socket_;
    const LibsshBuffers::Scope buffers_;
  };
  // Of libssh's reads, 4 KiB each (MAX_BUF_SIZE, socket.c), before other descriptors have their
  // turn: fewer at first, until it shows that there is always more.
  static constexpr int kReadsPerTurn = 64;
  static constexpr int kFirstReads = 16;

  static bool IsAgain(Step step) { return step == Step::kAgain; }
  static bool IsAgain(AuthStep step) { return step == AuthStep::kAgain; }

  // Nothing that has come may be left in the turn's buffer: nobody would be told of it again. A
  // step whose result depends on what comes takes it in by itself.
  void EndTurn();
  void AcknowledgeAtOnce();
  bool LibraryWantsWrite() const { return (ssh_get_poll_flags(session_) & SSH_WRITE_PENDING) != 0; }
  TransportFailure Loss() const;
  Step FailFlooded();

  bool flooded_ = false;
  absl::optional<TransportFailure> given_up_;
  absl::InlinedVector<Command*, 2> commands_;
  bool in_parts_ = true;
  bool waits_ = false;  // a step, from this turn's end on
  bool news_ = false;
  bool has_more_ = false;
  uint32_t tunnels_ = 0;
};

template <typename Attempt>
auto LibsshLink::TakeTurn(Attempt attempt) -> decltype(attempt()) {
  const Turn turn(this);
  auto step = attempt();
  for (int i = 0; i < kReadsPerTurn && IsAgain(step) && io_.input_size() > 0; ++i) step = attempt();
  waits_ = IsAgain(step);  // else the next step sends
  return step;
}

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_LIBSSH_LINK_H_
