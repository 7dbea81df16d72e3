// One reading of ssh_config files for one host: which values count.
#ifndef SERVICE_SSH_CONFIG_CONFIG_PASS_H_
#define SERVICE_SSH_CONFIG_CONFIG_PASS_H_

#include <array>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "service/ssh_config/config_file.h"
#include "service/ssh_config/keywords.h"
#include "service/ssh_config/local_user.h"
#include "service/ssh_config/match_criteria.h"

namespace muster::service {

// Collects, in the order of the lines, what holds for a host: of most keywords the first value.
// Values point into the files, which outlive this.
class ConfigPass {
 public:
  // Runs a command of Match exec, and says whether it succeeded. May block.
  using Exec = std::function<absl::StatusOr<bool>(const std::string& command)>;

  // `local` must outlive this. `exec`: empty where none is to be run.
  ConfigPass(const LocalUser& local, const std::string& host, Exec exec);

  // Counts before whatever the files say.
  void Preset(Keyword keyword, std::string value);
  // From its first line to its last. Called for one file after the other; and, for Match final,
  // for all of them once more, after BeginFinal.
  absl::Status Read(const ConfigFile& file);
  // `host`: what is to be connected to; Host is compared with that from now on.
  void BeginFinal(const std::string& host);

  // Null: nothing has set it.
  const std::string* Get(Keyword keyword) const;
  const std::vector<std::string>* GetAll(Keyword keyword) const;
  const std::vector<std::string>& identity_files() const { return identity_files_; }
  const std::vector<std::string>& certificate_files() const { return certificate_files_; }
  const std::vector<std::string>& send_env() const { return send_env_; }
  std::vector<std::string> set_env() const;
  bool wants_final() const { return wants_final_; }

 private:
  absl::Status ReadItems(const ConfigFile& file, bool never, bool* active);
  absl::Status ReadItem(const ConfigFile& file, const ConfigItem& item, bool never, bool* active);
  absl::Status ReadIncluded(const IncludedFiles& included, bool never, bool* active);
  absl::Status ReadMatch(const MatchCriteria& criteria, bool never, bool* active);
  absl::Status CheckUnknown(const std::string& keyword) const;
  bool MatchesHost(const HostPatterns& patterns) const;
  void Set(const ConfigFile& file, const Setting& setting);
  void Jump(const std::vector<std::string>& hosts);
  void Send(const std::vector<std::string>& patterns);
  absl::Status UpdateSubject();
  Tokens TokensSoFar() const;

  const LocalUser& local_;
  MatchSubject subject_;  // its user, host, tag and tokens follow the values that are found
  std::string host_;      // what Host is compared with, and HostName's %h
  std::deque<std::vector<std::string>> presets_;
  std::array<const std::vector<std::string>*, kKeywords> values_ = {};
  std::vector<std::pair<std::string, bool>> identities_;  // with whether a user's file has it
  std::vector<std::pair<std::string, bool>> certificates_;
  std::vector<std::string> identity_files_;
  std::vector<std::string> certificate_files_;
  std::vector<std::string> send_env_;
  bool wants_final_ = false;
};

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_CONFIG_PASS_H_
