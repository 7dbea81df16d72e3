// Tells a run how the probes of a batch end (Rollout.probe).
#ifndef SERVICE_RUNS_PROBE_OBSERVER_H_
#define SERVICE_RUNS_PROBE_OBSERVER_H_

#include <memory>

#include "ssh_engine/observer.h"

namespace muster::service {

class HostEventSink;

std::shared_ptr<engine::RunObserver> NewProbeObserver(std::shared_ptr<HostEventSink> sink);

}  // namespace muster::service

#endif  // SERVICE_RUNS_PROBE_OBSERVER_H_
