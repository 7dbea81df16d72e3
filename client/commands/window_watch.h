// The size of our terminal, for the commands' terminals.
#ifndef CLIENT_COMMANDS_WINDOW_WATCH_H_
#define CLIENT_COMMANDS_WINDOW_WATCH_H_

#include <memory>
#include <string>

#include "client/library/muster_client.h"
#include "client/output/ticker.h"
#include "client/text/columns.h"

namespace muster::client {

// Tells the run of it when it has changed, on a thread of its own. It looks five times a second: a
// window that is drawn larger changes with every step, and the newest size is the one that counts.
class WindowWatch {
 public:
  // `client` must outlive it.
  explicit WindowWatch(MusterClient* client) : client_(client) {}
  WindowWatch(const WindowWatch&) = delete;
  WindowWatch& operator=(const WindowWatch&) = delete;

  // The run's id is known from now on. Further calls do nothing.
  void Begin(const std::string& run_id);

 private:
  void Look();

  MusterClient* const client_;
  std::string run_id_;
  TerminalExtent told_;
  std::unique_ptr<Ticker> ticker_;
};

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_WINDOW_WATCH_H_
