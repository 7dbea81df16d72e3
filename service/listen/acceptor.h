// Takes connections and hands them to gRPC.
#ifndef SERVICE_LISTEN_ACCEPTOR_H_
#define SERVICE_LISTEN_ACCEPTOR_H_

#include <grpcpp/server_builder.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "service/listen/listening_socket.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::service {

// A thread with an accept loop of its own: gRPC 1.51's stops for good when a process once runs out
// of descriptors (CVE-2023-4785). This one turns connections away while they are scarce, so that
// the sessions to hosts keep theirs, and goes on. A unix socket whose file was removed is made anew
// within some seconds. Owned by the daemon; started after the server was
// built and stopped before it is shut down.
class Acceptor {
 public:
  using Grpc = std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor>;

  // `roots` gets the connections of root to the unix socket of another user; null: there are none.
  // `may_renew` is asked, on the loop's thread, before a socket that is gone is made anew. All must
  // outlive it.
  Acceptor(ListeningSocket* socket, Grpc grpc, Grpc roots, std::function<absl::Status()> may_renew);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  void Start();
  // Takes no more connections, and closes the socket. Harmless when repeated.
  void Stop();

  // How many connections were turned away.
  uint64_t shed() const { return shed_; }

 private:
  void Loop();
  void RenewSocket();
  // Takes what waits; false: descriptors have run out and the caller should pause.
  bool AcceptAll();
  void HandOver(UniqueFd connection);
  // Null: the connection is nobody's who may call.
  grpc::experimental::ExternalConnectionAcceptor* TakerOf(const UniqueFd& connection) const;
  // Frees the reserve to take and close one connection, which would wait for ever otherwise.
  void ShedOne();

  ListeningSocket* const socket_;  // of the loop's thread, from Start to Stop
  const Grpc grpc_;
  const Grpc roots_;
  const std::function<absl::Status()> may_renew_;
  const UniqueFd stop_;          // an eventfd
  UniqueFd reserve_;             // of the loop's thread
  std::string renewal_problem_;  // of the loop's thread
  std::atomic<uint64_t> shed_{0};
  std::thread thread_;
};

}  // namespace muster::service

#endif  // SERVICE_LISTEN_ACCEPTOR_H_
