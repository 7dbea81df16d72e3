// A file of ssh_config(5), with all that it includes: read and checked once, for any number of
// hosts.
#ifndef SERVICE_SSH_CONFIG_CONFIG_FILE_H_
#define SERVICE_SSH_CONFIG_CONFIG_FILE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/variant.h"
#include "service/ssh_config/match_criteria.h"
#include "service/ssh_config/values.h"

namespace muster::service {

struct ConfigFile;

struct HostPatterns {
  std::vector<std::string> patterns;
  size_t settings = 0;  // so many that follow count only where it matches
};
struct IncludedFiles {
  std::vector<std::shared_ptr<const ConfigFile>> files;
};
// Whether it is an error depends on the host: IgnoreUnknown.
struct UnknownKeyword {
  std::string name;
};

struct ConfigItem {
  int line = 0;  // from 1; 0: of an option
  absl::variant<Setting, HostPatterns, MatchCriteria, IncludedFiles, UnknownKeyword> what;
};

// Immutable once it was read. A value.
struct ConfigFile {
  std::string path;    // of an option: "-o " and what it says
  bool users = false;  // a user's own, not the system's
  std::vector<ConfigItem> items;
};

// How a file is read. Relative paths of Include are below ~/.ssh in a user's file, else /etc/ssh.
struct ConfigSource {
  std::string path;
  bool users = false;
  // Whether others who can write to it make it an error, as for ~/.ssh/config; what is included is
  // always looked at so. A group in which the user is alone is no others.
  bool check_owner = false;
};

// Blocks. NOT_FOUND: there is no such file. INVALID_ARGUMENT: "FILE:LINE: message", all faults of a
// file, one a line; PERMISSION_DENIED: it cannot be read, or others can write to it.
// RESOURCE_EXHAUSTED: more than 16 MiB, or Include 16 deep.
absl::StatusOr<std::shared_ptr<const ConfigFile>> ReadConfigFile(const ConfigSource& source,
                                                                 const std::string& home);

// What `ssh -o` is given ("Port=2200", "Port 2200"), as a user's file of one line.
// INVALID_ARGUMENT: ssh would refuse it.
absl::StatusOr<std::shared_ptr<const ConfigFile>> ReadConfigOption(const std::string& option);

// "FILE:LINE", "-o Port=2200": as errors begin.
std::string PlaceOf(const ConfigFile& file, int line);

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_CONFIG_FILE_H_
