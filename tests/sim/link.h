// A TCP connection's bytes, with a simulated round-trip time.
#ifndef TESTS_SIM_LINK_H_
#define TESTS_SIM_LINK_H_

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/loop/event_loop.h"
#include "tests/sim/buffers.h"
#include "tests/sim/statistics.h"

namespace muster::sim {

// What one event makes the server write is one chunk; chunks leave in their order, each `delay`
// after it was written. Owned by its connection. Loop-confined.
class Link {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    // Returns how many bytes it has taken; the others come again, in front of new ones.
    virtual size_t OnBytes(char* data, size_t size) = 0;
    // There is room again, after Congested() was true.
    virtual void OnRoom() = 0;
    // The peer has closed or reset.
    virtual void OnClosed() = 0;
  };

  Link(engine::EventLoop* loop, UniqueFd fd, absl::Duration delay, Buffers* buffers,
       Statistics* statistics, Handler* handler);

  // What is appended here is sent by Flush, which the link calls itself after OnBytes and OnRoom.
  std::string* out();
  void Flush();
  // Whether so much waits to be sent that one should wait for OnRoom.
  bool Congested();

  void Close();
  // Sends RST.
  void Reset();
  bool open() const { return fd_.valid(); }

 private:
  struct Chunk {
    absl::Duration due;
    std::string bytes;
    size_t sent;
  };

  void OnReady(engine::Readiness readiness);
  void Read();
  void Enqueue(std::string bytes);
  void SendDue();
  bool SendFront();
  size_t MostQueued() const;
  bool HasRoomAgain() const;
  void OfferRoom();
  void UpdateInterest();
  void OnTimer();

  engine::EventLoop* const loop_;
  UniqueFd fd_;
  std::unique_ptr<engine::FdWatch> watch_;
  const absl::Duration delay_;
  Buffers* const buffers_;
  Statistics* const statistics_;
  Handler* const handler_;

  std::string rest_;  // of the input: the beginning of a packet
  std::string out_;
  std::list<Chunk> chunks_;
  size_t queued_ = 0;                     // bytes in chunks_
  bool blocked_ = false;                  // the socket takes no more
  bool starved_ = false;                  // somebody waits for OnRoom
  std::unique_ptr<engine::Timer> timer_;  // of the first chunk; made when first needed
};

}  // namespace muster::sim

#endif  // TESTS_SIM_LINK_H_
