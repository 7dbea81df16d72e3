// Shows a run from its stream to its end.
#ifndef CLIENT_OUTPUT_FOLLOW_H_
#define CLIENT_OUTPUT_FOLLOW_H_

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/library/run_view.h"
#include "client/options/options.h"
#include "client/output/junit_report.h"
#include "client/output/output_writer.h"
#include "client/output/printer.h"
#include "client/output/ticker.h"
#include "muster/v1/run_service.pb.h"

namespace muster::client {

// What one run leaves for the next, for who shows several. A value.
struct RunMemory {
  std::set<std::string> shown_warnings;  // are not shown again
  RunView last;                          // how its hosts stood at the end; none: it has not begun
};

// Brings a stream's messages to files and the printer, a progress line and a summary to the
// terminal. Used from one thread, but for HostsUnderWay; a thread of its own refreshes the
// progress.
class Follower {
 public:
  // INVALID_ARGUMENT and others: --output-dir cannot be used. What it is given must outlive it;
  // `output` is its own until Finish returns. `memory` may be null: this run is the only one.
  static absl::StatusOr<std::unique_ptr<Follower>> Create(const Options& options,
                                                          OutputWriter* output,
                                                          RunMemory* memory = nullptr);

  // How the hosts stand, where not all of the log is read. Before the first message or after the
  // last.
  void BeginWith(const std::vector<v1::HostResult>& results);
  void OnMessage(const v1::WatchRunResponse& message);
  // The stream has broken, and is about to be taken up again.
  void OnLost(const absl::Status& status);
  // Nobody reads our output any more: what goes to files is written as far as it is known.
  // `what_becomes` of the run is said, unless empty.
  void Abandon(const std::string& what_becomes);
  // After the stream: what is left to show, and the exit code: `signal_code`, unless 0. `status` is
  // the stream's.
  int Finish(const absl::Status& status, int signal_code);

  // The run's id, once it is known.
  const std::string& run_id() const { return view_.run().id(); }
  // The hosts that have not ended, folded, for who leaves now; "" where it is not known. Any
  // thread; does not wait for long.
  std::string HostsUnderWay();

 private:
  enum class Progress { kNone, kLine, kLog };  // one that changes, or one after the other

  Follower(const Options& options, OutputWriter* output, RunMemory* memory);
  void Take(const v1::WatchRunResponse& message);
  void Show(const v1::Event& event);
  void EndFiles(const absl::Status& status);
  void Complain(const absl::Status& status, const std::string& end);
  void TellUnwritten(const std::string& what_becomes);
  void ShowWarnings();
  bool ShowsPart() const;
  void ShowEnd();

  void ChooseProgress();
  void StartProgress();
  void OnTick();
  void ShowLine(absl::Time now);
  absl::Duration Elapsed(absl::Time now) const;

  const Options& options_;
  Progress progress_ = Progress::kNone;
  absl::Duration log_interval_;
  std::timed_mutex mutex_;  // guards all that follows
  absl::Time start_;
  absl::Time last_progress_ = absl::InfinitePast();
  OutputWriter* const writer_;
  std::vector<std::unique_ptr<Printer>> printers_;  // files first: a terminal may be slow
  JunitReport* junit_ = nullptr;                    // in printers_
  RunView view_;
  RunMemory own_memory_;
  RunMemory* const memory_;
  bool begun_ = false;
  bool lost_ = false;
  bool id_told_ = false;
  std::unique_ptr<Ticker> ticker_;  // guarded by nothing: of the one thread. The last: it uses all
};

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_FOLLOW_H_
