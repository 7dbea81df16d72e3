// The hosts on the way to a run's targets, from what the caller wrote.
#ifndef SERVICE_PREPARE_JUMP_HOSTS_H_
#define SERVICE_PREPARE_JUMP_HOSTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "muster/v1/run.pb.h"
#include "ssh_engine/host.h"

namespace muster::service {

// Those of Login.jump_hosts, the nearest first, every field set; `default_user` is that of entries
// that name none. Does not block. INVALID_ARGUMENT: too many, or an entry that is no host, by name.
absl::StatusOr<std::vector<engine::JumpHost>> ListJumpHosts(const v1::Login& login,
                                                            const std::string& default_user);
// "none": directly, whatever else says.
bool GoesDirectly(const v1::Login& login);
// Why it would not; empty where it would.
std::string ProblemOfJumpHosts(const v1::Login& login);

// For hosts of a run that run again with another login: it goes their way where it names none.
void KeepJumpHosts(const v1::Login& of_run, v1::Login* login);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_JUMP_HOSTS_H_
