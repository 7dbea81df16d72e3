// Brings what the engine tells of a run into its log.
#ifndef SERVICE_RUN_OBSERVER_H_
#define SERVICE_RUN_OBSERVER_H_

#include <functional>
#include <memory>

#include "service/run.h"
#include "ssh_engine/engine.h"

namespace muster::service {

// Encodes on the loops' threads, keeps the output limits, and commits a block for each Flush.
// `on_over` is called once, on some loop's thread, when the run is over; it must not block.
std::shared_ptr<engine::RunObserver> NewRunObserver(std::shared_ptr<Run> run,
                                                    std::function<void(const Run&)> on_over);

}  // namespace muster::service

#endif  // SERVICE_RUN_OBSERVER_H_
