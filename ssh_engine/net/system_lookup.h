// Names that only the system's own resolver can find: getaddrinfo(3), which may block for ever.
#ifndef SSH_ENGINE_NET_SYSTEM_LOOKUP_H_
#define SSH_ENGINE_NET_SYSTEM_LOOKUP_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/net/name_answer.h"

namespace muster::engine {

// Asks it on threads of its own, of which there are none while nobody asks: a call cannot be taken
// back, and modules of NSS that hang are not to keep keys from being read. Thread-safe.
class SystemLookup {
 public:
  // Both families of a name, which are to come from one source. Blocks.
  using Call = std::function<NameAnswer(const std::string& name)>;
  // A question under way. Destroying it, in its loop's thread and before the loop, gives it up: the
  // callback does not come any more.
  class Request {
   public:
    virtual ~Request() = default;
  };
  struct Limits {
    int threads = 128;       // where the question of each was given up, others fail at once
    size_t waiting = 16384;  // questions that have no thread yet; one more fails at once
  };

  SystemLookup();
  SystemLookup(Call call, const Limits& limits);
  // Waits for no thread: those that hang end when their call does, and touch nothing of this.
  ~SystemLookup();
  SystemLookup(const SystemLookup&) = delete;
  SystemLookup& operator=(const SystemLookup&) = delete;

  // The callback comes once, from the loop, never inside this call. No limit in time: the caller
  // destroys the request.
  std::unique_ptr<Request> Ask(EventLoop* loop, std::string name, NameCallback callback);

 private:
  class Threads;

  const std::shared_ptr<Threads> threads_;  // shared by those that run
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_NET_SYSTEM_LOOKUP_H_
