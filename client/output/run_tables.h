// Runs and their hosts as text for people.
#ifndef CLIENT_OUTPUT_RUN_TABLES_H_
#define CLIENT_OUTPUT_RUN_TABLES_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"
#include "muster/v1/run_service.pb.h"

namespace muster::client {

// One run in each line of at most `columns`, which cut the command, under a heading; newest first,
// as given.
std::string RunsTable(const std::vector<v1::Run>& runs, size_t columns, absl::Time now,
                      absl::TimeZone zone);

// One run in a line by itself, as in the table.
std::string RunLine(const v1::Run& run, size_t columns, absl::Time now, absl::TimeZone zone);

// The run's head: what, how it stands, when, by whom.
std::string RunHead(const v1::Run& run, absl::Time now, absl::TimeZone zone);

// Hosts that stand or ended alike, as folded sets; the largest first, with what its first host
// said, in lines of at most `columns`; 0: in one line.
std::string OutcomeGroups(const std::vector<v1::HostResult>& results, size_t columns);

// One host in each line: name, outcome or state, how long, and the message where there is one.
std::string HostLine(const v1::HostResult& result, size_t name_width);

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_RUN_TABLES_H_
