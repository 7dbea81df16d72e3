#include "ssh_engine/action/new_host_action.h"

#include <utility>
#include <variant>

#include "ssh_engine/action/remote_command.h"

namespace muster::engine {
namespace {

// A kind of action that this does not know does not compile.
struct Maker {
  std::unique_ptr<HostAction> operator()(const Command& command) {
    return std::make_unique<RemoteCommand>(command, site, context, std::move(*on_end));
  }

  const ActionSite& site;
  ActionContext* const context;
  HostAction::OnEnd* const on_end;
};

}  // namespace

std::unique_ptr<HostAction> NewHostAction(const ActionSite& site, ActionContext* context,
                                          HostAction::OnEnd on_end) {
  return std::visit(Maker{site, context, &on_end}, context->job->action);
}

}  // namespace muster::engine
