#include "tests/sim/fleet_folder.h"

#include <errno.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace muster::sim {
namespace {

absl::Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
}

absl::Status MakeClientKey(const std::string& path) {
  if (access(path.c_str(), F_OK) == 0) return absl::OkStatus();
  const char* const arguments[] = {"ssh-keygen", "-q",  "-t", "ed25519",    "-N",   "",
                                   "-C",         "sim", "-f", path.c_str(), nullptr};
  pid_t pid = 0;
  int status = 0;
  if (posix_spawnp(&pid, arguments[0], nullptr, nullptr, const_cast<char**>(arguments), environ) !=
          0 ||
      waitpid(pid, &status, 0) != pid || status != 0) {
    return absl::UnavailableError(absl::StrCat(path, ": ssh-keygen cannot make it"));
  }
  return absl::OkStatus();
}

std::string KnownHostsLine(const std::string& name, uint16_t port, const HostKey& key) {
  const std::string host = port == 22 ? name : absl::StrCat("[", name, "]:", port);
  return absl::StrCat(host, " ssh-ed25519 ", absl::Base64Escape(key.public_blob()), "\n");
}

std::string KnownHosts(const FleetDescription& fleet, const HostKeys& host_keys) {
  if (!fleet.key_for_each) {
    return KnownHostsLine("127.*", fleet.port, *host_keys.Find(fleet.addresses.first));
  }
  std::string text;
  for (uint64_t i = 0; i < fleet.addresses.size(); ++i) {
    const Address address = fleet.addresses.first + static_cast<Address>(i);
    text += KnownHostsLine(FormatAddress(address), fleet.port, *host_keys.Find(address));
  }
  return text;
}

}  // namespace

absl::Status WriteFleetFolder(const FleetDescription& fleet, const HostKeys& host_keys) {
  if (mkdir(fleet.folder.c_str(), 0755) != 0 && errno != EEXIST) {
    return absl::ErrnoToStatus(errno, fleet.folder);
  }
  std::string hosts;
  std::string inventory = "[nodes]\n";
  for (uint64_t i = 0; i < fleet.addresses.size(); ++i) {
    const std::string address = FormatAddress(fleet.addresses.first + static_cast<Address>(i));
    absl::StrAppend(&hosts, address, "\n");
    absl::StrAppendFormat(&inventory, "node%05d ansible_host=%s ansible_port=%d ansible_user=%s\n",
                          i + 1, address, fleet.port, kUser);
  }
  absl::Status status = MakeClientKey(fleet.folder + "/client_key");
  status.Update(WriteFile(fleet.folder + "/known_hosts", KnownHosts(fleet, host_keys)));
  status.Update(WriteFile(fleet.folder + "/hosts", hosts));
  status.Update(WriteFile(fleet.folder + "/inventory.ini", inventory));
  return status;
}

}  // namespace muster::sim
