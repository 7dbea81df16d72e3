// ssh's configuration, which muster does not follow yet.
#ifndef CLIENT_OPTIONS_SSH_CONFIG_H_
#define CLIENT_OPTIONS_SSH_CONFIG_H_

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/strings/string_view.h"

namespace muster::client {

// What ssh_config(5) files say of hosts: enough to tell a user where ssh would go another way, so
// of keywords those alone that say how a host is reached and logged into. "Match" blocks are left
// out but for "Match all"; files that cannot be read count as empty.
class SshConfig {
 public:
  // Keywords in lower case, values as they are written.
  using Settings = std::map<std::string, std::string>;

  // As ssh(1) does: what comes first counts. Relative files of an Include are of the file's folder.
  void Read(const std::string& path);
  void Parse(absl::string_view text, const std::string& folder);

  bool empty() const { return blocks_.empty(); }
  Settings Of(absl::string_view name) const;

 private:
  using Patterns = std::vector<std::string>;
  struct Block {
    Patterns patterns;
    Settings settings;
  };
  void ReadIncluded(absl::string_view patterns, const std::string& folder, const Patterns& block);
  void ParseBlocks(absl::string_view text, const std::string& folder, Patterns patterns);
  void Add(const Patterns& patterns, const std::string& keyword, absl::string_view value);

  int depth_ = 0;  // of included files
  std::vector<Block> blocks_;
  // Which blocks may be a host's: those that name it, and those that have wildcards or "!".
  std::unordered_map<std::string, std::vector<size_t>> named_;
  std::vector<size_t> masked_;
};

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_SSH_CONFIG_H_
