// Shows a run from its stream to its end.
#ifndef CLIENT_FOLLOW_H_
#define CLIENT_FOLLOW_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/options.h"
#include "client/output_writer.h"
#include "client/printer.h"
#include "muster/v1/run_service.pb.h"
#include "client/run_view.h"

namespace muster::client {

// Brings a stream's messages to the printer, a progress line and a summary to the terminal. Used
// from one thread.
class Follower {
 public:
  explicit Follower(const Options& options);

  // How the hosts stand, where the log is not read from its beginning. Before the first message.
  void BeginWith(const std::vector<v1::HostResult>& results);
  void OnMessage(const v1::WatchRunResponse& message);
  // After the stream: what is left to show, and the exit code. `status` is the stream's.
  int Finish(const absl::Status& status, bool interrupted);

  // The run's id, once it is known.
  const std::string& run_id() const { return view_.run().id(); }
  // Nobody reads our output any more.
  bool output_broken() const { return writer_.broken(); }

 private:
  void ShowProgress();
  void ShowWarnings();

  const Options& options_;
  const absl::Time start_;
  absl::Time last_progress_ = absl::InfinitePast();
  OutputWriter writer_;
  std::unique_ptr<Printer> printer_;
  RunView view_;
  bool begun_ = false;
};

}  // namespace muster::client

#endif  // CLIENT_FOLLOW_H_
