// How each host would be reached, and who says so, for a person.
#ifndef SERVICE_PREPARE_HOST_REPORT_H_
#define SERVICE_PREPARE_HOST_REPORT_H_

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"
#include "muster/v1/target_service.pb.h"
#include "service/prepare/ssh_credential.h"
#include "service/prepare/ssh_ways.h"
#include "service/targets/inventory.h"

namespace muster::service {

// Where hosts come from, and how they are reached. What it has has to outlive the call.
struct ReportSources {
  const v1::Login& login;
  const GivenLogin& given;
  SshWays* ways;               // of that login; null: ssh_config is not asked
  const Inventory* inventory;  // null: none
};

// Adds ResolveTargetsResponse.settings of these hosts, of which ssh_config was asked; of the first
// ones only, where a page has no room for more (kMaxPageBytes). Who says a
// thing is found by asking again without the files, and without the inventory: what is then the
// same anyway counts as theirs who say it last. Blocks as SshWays does. INVALID_ARGUMENT: as
// SshWays::Find, with the host's name; or ssh_config is not asked.
absl::Status ReportHosts(const ReportSources& sources, absl::Span<const v1::RunHost> hosts,
                         v1::ResolveTargetsResponse* response);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_HOST_REPORT_H_
