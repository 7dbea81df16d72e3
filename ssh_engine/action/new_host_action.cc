#include "ssh_engine/action/new_host_action.h"

#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "ssh_engine/action/remote_command.h"

namespace muster::engine {
namespace {

// A kind of action that this does not know does not compile.
struct Maker {
  std::unique_ptr<HostAction> operator()(const Command& command) {
    const std::string* const prefix = site.host->line_prefix.get();
    if (context->job->become != nullptr) {
      return RunAsAnother(command, absl::StrCat(prefix == nullptr ? "" : *prefix, command.line));
    }
    auto request = [&line = command.line, prefix](ExecChannel* channel) {
      return channel->Request(prefix == nullptr ? line : absl::StrCat(*prefix, line));
    };
    return Run({"command", std::move(request), nullptr, command.prologue});
  }

  std::unique_ptr<HostAction> RunAsAnother(const Command& command, absl::string_view line) {
    auto becoming = std::make_unique<Becoming>(context->job->become, line, NewToken());
    auto request = [becoming = becoming.get()](ExecChannel* channel) {
      return channel->Request(becoming->line());
    };
    return Run({"command", std::move(request), std::move(becoming), command.prologue});
  }

  // Whatever differs from a command in its request alone.
  std::unique_ptr<HostAction> Run(RemoteCommand::Program program) {
    return std::make_unique<RemoteCommand>(std::move(program), site, context, std::move(*on_end));
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
