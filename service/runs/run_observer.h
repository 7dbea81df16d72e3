// Brings what the engine tells of a run into its log.
#ifndef SERVICE_RUNS_RUN_OBSERVER_H_
#define SERVICE_RUNS_RUN_OBSERVER_H_

#include <memory>

#include "ssh_engine/observer.h"

namespace muster::service {

class HostEventSink;

// Encodes on the loops' threads, keeps the output limits, and commits a block for each Flush.
std::shared_ptr<engine::RunObserver> NewRunObserver(std::shared_ptr<HostEventSink> sink);

}  // namespace muster::service

#endif  // SERVICE_RUNS_RUN_OBSERVER_H_
