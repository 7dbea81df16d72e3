// What actions work with.
#ifndef SSH_ENGINE_ACTION_ACTION_CONTEXT_H_
#define SSH_ENGINE_ACTION_ACTION_CONTEXT_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "ssh_engine/channel_setup.h"
#include "ssh_engine/host.h"
#include "ssh_engine/job.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/loop/reading_gate.h"
#include "ssh_engine/observer.h"
#include "ssh_engine/outcome.h"
#include "ssh_engine/transport/session.h"

namespace muster::engine {

// What the actions of one run share on one loop. Outlives them. Loop-confined.
struct ActionContext {
  EventLoop* loop = nullptr;
  ReadingGate* reading = nullptr;
  std::shared_ptr<const Job> job;
  LoopObserver* observer = nullptr;
  absl::optional<TerminalSize> terminal_size = absl::nullopt;  // the newest; unset: as the job says
};

// Where one action is at work. A value; what it points to outlives the action.
struct ActionSite {
  const Host* host = nullptr;
  absl::string_view jump_path;  // DialContext's
  Session* session = nullptr;
  // The session was there already: where it does not open a channel within half of
  // Timeouts::connect it counts as stale.
  bool warm = false;
  absl::Duration begin;  // of the host, on the loop's clock: from then on the timings count
  HostTimings* timings = nullptr;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_ACTION_ACTION_CONTEXT_H_
