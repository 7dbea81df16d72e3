// Which class does a job's action: the one place that knows them all.
#ifndef SSH_ENGINE_ACTION_NEW_HOST_ACTION_H_
#define SSH_ENGINE_ACTION_NEW_HOST_ACTION_H_

#include <memory>

#include "ssh_engine/action/action_context.h"
#include "ssh_engine/action/host_action.h"

namespace muster::engine {

// The action of the context's job, at work on this session.
std::unique_ptr<HostAction> NewHostAction(const ActionSite& site, ActionContext* context,
                                          HostAction::OnEnd on_end);

}  // namespace muster::engine

#endif  // SSH_ENGINE_ACTION_NEW_HOST_ACTION_H_
