// Whom the observers on the engine's loops tell.
#ifndef SERVICE_RUNS_HOST_EVENT_SINK_H_
#define SERVICE_RUNS_HOST_EVENT_SINK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "muster/v1/host.pb.h"
#include "service/events/event_block.h"
#include "service/prepare/run_plan.h"
#include "service/runs/run_records.h"
#include "ssh_engine/observer.h"

namespace muster::service {

// All of a run that its observers know. Called from all loops at once; never blocks.
class HostEventSink {
 public:
  virtual ~HostEventSink() = default;

  // Constant.
  virtual const RunPlan& plan() const = 0;

  // How many of these bytes of output may go to the log; counts them.
  virtual size_t ReserveOutput(size_t bytes) = 0;
  virtual void ReturnOutput(size_t bytes) = 0;
  // Writes the events down, then takes note of the hosts and does what follows.
  virtual void Commit(EventBlock events, const std::vector<HostUpdate>& updates,
                      absl::Time now) = 0;
  // The commands of these hosts are granted once it is durable that they start; so long it may wait
  // for others.
  virtual void AskToStart(std::vector<uint32_t> hosts, absl::Duration patience,
                          std::shared_ptr<engine::LoopControl> control) = 0;
  // The probe of a host has ended. `output`: the beginning of what it wrote.
  virtual void OnProbe(uint32_t host, v1::HostOutcome outcome, std::string output,
                       absl::Time now) = 0;
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_HOST_EVENT_SINK_H_
