// Shows a run from its stream to its end.
#ifndef CLIENT_FOLLOW_H_
#define CLIENT_FOLLOW_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/junit_report.h"
#include "client/options.h"
#include "client/output_writer.h"
#include "client/printer.h"
#include "client/run_view.h"
#include "muster/v1/run_service.pb.h"

namespace muster::client {

// Brings a stream's messages to files and the printer, a progress line and a summary to the
// terminal. Used from one thread.
class Follower {
 public:
  // INVALID_ARGUMENT and others: --output-dir cannot be used.
  static absl::StatusOr<std::unique_ptr<Follower>> Create(const Options& options);

  // How the hosts stand, where not all of the log is read. Before the first message or after the
  // last.
  void BeginWith(const std::vector<v1::HostResult>& results);
  void OnMessage(const v1::WatchRunResponse& message);
  // The stream has broken, and is about to be taken up again.
  void OnLost(const absl::Status& status);
  // Nobody reads our output any more: what goes to files is written as far as it is known.
  void Abandon();
  // After the stream: what is left to show, and the exit code. `status` is the stream's.
  int Finish(const absl::Status& status, bool interrupted);

  // The run's id, once it is known.
  const std::string& run_id() const { return view_.run().id(); }
  // Nobody reads our output any more.
  bool output_broken() const { return writer_.broken(); }

 private:
  explicit Follower(const Options& options);
  void Show(const v1::Event& event);
  void EndFiles(const absl::Status& status);
  void Complain(const absl::Status& status, const std::string& end);
  void ShowProgress();
  void ShowWarnings();

  const Options& options_;
  const absl::Time start_;
  absl::Time last_progress_ = absl::InfinitePast();
  OutputWriter writer_;
  std::vector<std::unique_ptr<Printer>> printers_;  // files first: a terminal may be slow
  JunitReport* junit_ = nullptr;                    // in printers_
  RunView view_;
  std::set<std::string> shown_warnings_;
  bool begun_ = false;
  bool lost_ = false;
};

}  // namespace muster::client

#endif  // CLIENT_FOLLOW_H_
