// Whether the lines of a run can be sent to its hosts.
#ifndef SERVICE_PREPARE_LINE_CHECK_H_
#define SERVICE_PREPARE_LINE_CHECK_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "muster/v1/run.pb.h"
#include "service/prepare/command_line.h"

namespace muster::service {

// Of a CommandLine in what the login shell is given: where it runs as another user, it is one word
// of that.
size_t BytesSent(const v1::RunSpec& spec, absl::string_view line);
// INVALID_ARGUMENT: something stands in a line that a host does not have, or a line is too long.
// `longest`: BytesSent of the longer one of command and probe.
absl::Status CheckLines(const v1::RunSpec& spec, const PerHost& differing,
                        const std::vector<v1::RunHost>& hosts, size_t longest);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_LINE_CHECK_H_
