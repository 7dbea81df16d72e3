// How each host would be reached, and who says so, for a person.
#ifndef SERVICE_PREPARE_HOST_REPORT_H_
#define SERVICE_PREPARE_HOST_REPORT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"
#include "muster/v1/target_service.pb.h"
#include "service/prepare/ssh_credential.h"
#include "service/prepare/ssh_ways.h"
#include "service/targets/inventory.h"

namespace muster::service {

// Of hosts that ssh_config was asked for. Who says a thing is found by asking again without the
// files, and without the inventory: what is then the same anyway counts as theirs who say it last.
// Not thread-safe; blocks as SshWays does.
class HostReport {
 public:
  // `ways`: those of the login. `inventory` may be null. What it is given must outlive it.
  static absl::StatusOr<HostReport> Create(const v1::Login& login, const GivenLogin& given,
                                           SshWays* ways, const Inventory* inventory);

  // INVALID_ARGUMENT: as SshWays::Find.
  absl::StatusOr<v1::HostSettings> Of(const v1::RunHost& host);

 private:
  struct Aspect;

  // What is said of a host: by all, by options and the inventory alone, and so on. A value.
  struct Said {
    SshWay all;
    SshWay by_inventory;
    SshWay by_option;
    SshWay by_default;
  };

  HostReport(const v1::Login& login, SshWays* ways, const Inventory* inventory)
      : login_(login), ways_(ways), inventory_(inventory) {}

  absl::StatusOr<Said> Ask(const HostQuery& query) const;
  // Who says a value that `of` finds; empty: it is so by default.
  std::string SourceOf(const Said& said, const Aspect& aspect, const std::string& value) const;
  // What a target or the inventory say before ssh_config is asked.
  std::string SourceOfGiven(bool by_inventory, bool by_option) const;

  const v1::Login& login_;
  SshWays* const ways_;
  std::shared_ptr<SshWays> without_files_;
  std::shared_ptr<SshWays> bare_;  // without options, too
  const Inventory* const inventory_;
};

}  // namespace muster::service

#endif  // SERVICE_PREPARE_HOST_REPORT_H_
