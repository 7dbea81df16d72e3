// --junit: a run as a report that Jenkins and GitLab read.
#ifndef CLIENT_OUTPUT_JUNIT_REPORT_H_
#define CLIENT_OUTPUT_JUNIT_REPORT_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/output/printer.h"

namespace muster::client {

// Gathers a run's events and writes one test case for each host: a <failure> where the command
// failed or was ended, an <error> where it was not reached, not started, or nobody knows. Each that
// did not succeed has the last 8 KiB of its two streams. Not thread-safe.
class JunitReport final : public Printer {
 public:
  explicit JunitReport(const std::string& path) : path_(path) {}

  void OnEvent(const v1::Event& event, const RunView& view) override;
  // Writes the file: wholly, or not at all.
  void OnEnd(const RunView& view) override;
  absl::Status status() const override { return status_; }

  // Where there was no run; OnEnd does nothing then.
  void WriteError(const absl::Status& error);

  // The report as text.
  std::string Text(const RunView& view) const;

 private:
  struct Case {
    absl::Time start = absl::InfiniteFuture();
    absl::Time end = absl::InfinitePast();
    v1::HostOutcome outcome;
    v1::HostOutcome probe;
    std::string out;  // the last of it
    std::string err;
  };

  void Finish(const v1::HostFinished& finished, absl::Time time);
  std::string CaseText(const std::string& name, const Case& one) const;
  void Write(const std::string& text);

  const std::string path_;
  absl::flat_hash_map<uint32_t, Case> cases_;
  bool written_ = false;
  absl::Status status_;
};

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_JUNIT_REPORT_H_
