#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/output/foreign_printers.h"
#include "client/text/outcome_text.h"
#include "proto/nodeset/node_set.h"

namespace muster::client {
namespace {

using Program = ForeignLook::Program;

// "pdsh@here: ", as gethostname(2) and pdsh have it: without the domain.
std::string PdshHead() {
  char name[256] = "";
  gethostname(name, sizeof(name) - 1);
  const std::string here = name;
  return absl::StrCat("pdsh@", here.substr(0, here.find('.')), ": ");
}

class ForeignFailures final : public Printer {
 public:
  ForeignFailures(OutputWriter* writer, const ForeignLook& look, bool command_code)
      : writer_(writer),
        look_(look),
        // With -S the exit code tells already, and clush -q leaves it at that.
        silent_(look.quiet && command_code) {}

  void OnEvent(const v1::Event& event, const RunView& view) override {
    if (!event.has_host_finished()) return;
    const v1::HostOutcome& outcome = event.host_finished().outcome();
    if (outcome.state() == v1::HOST_STATE_SUCCEEDED) return;
    const bool exited = outcome.state() == v1::HOST_STATE_EXITED_NONZERO;
    if (exited && silent_) return;
    const std::string host = view.LabelOf(event.host_finished().host_index());
    const std::string what = Words(outcome, exited);
    if (look_.gather) {
      gathered_[what].push_back(host);
    } else {
      Print(host, what);
    }
  }

  void OnEnd(const RunView&) override {
    for (const auto& [what, hosts] : gathered_) {
      const bool count = !look_.quiet && hosts.size() > 1;
      Print(absl::StrCat(FoldNodeSet(hosts), count ? absl::StrCat(" (", hosts.size(), ")") : ""),
            what);
    }
    gathered_.clear();
  }

 private:
  std::string Words(const v1::HostOutcome& outcome, bool exited) const {
    if (exited) {
      return absl::StrCat(look_.program == Program::kPdsh ? "ssh " : "", "exited with exit code ",
                          ExitStatusOf(outcome));
    }
    const std::string message = MessageBeside(outcome);
    return absl::StrCat(ShortOutcome(outcome), message.empty() ? "" : ": ", message);
  }

  void Print(const std::string& hosts, const std::string& what) {
    const std::string head = look_.program == Program::kPdsh ? PdshHead() : "clush: ";
    absl::StrAppend(writer_->To(2), head, hosts, ": ", what, "\n");
  }

  OutputWriter* const writer_;
  const ForeignLook look_;
  const bool silent_;
  std::map<std::string, std::vector<std::string>> gathered_;
};

}  // namespace

std::unique_ptr<Printer> NewForeignFailures(OutputWriter* writer, const ForeignLook& look,
                                            bool command_code) {
  return std::make_unique<ForeignFailures>(writer, look, command_code);
}

}  // namespace muster::client
