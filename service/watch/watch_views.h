// Which view a watcher asks for.
#ifndef SERVICE_WATCH_WATCH_VIEWS_H_
#define SERVICE_WATCH_WATCH_VIEWS_H_

#include <memory>

#include "muster/v1/run_service.pb.h"
#include "service/watch/event_view.h"
#include "service/watch/folded_view.h"

namespace muster::service {

// Null: the log's own bytes are sent. `texts` must outlive it.
std::unique_ptr<EventView> NewEventView(const v1::WatchRunRequest& request, TextBudget* texts);

}  // namespace muster::service

#endif  // SERVICE_WATCH_WATCH_VIEWS_H_
