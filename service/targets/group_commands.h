// Groups that commands tell, as ClusterShell's upcalls do.
#ifndef SERVICE_TARGETS_GROUP_COMMANDS_H_
#define SERVICE_TARGETS_GROUP_COMMANDS_H_

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proto/nodeset/group_resolver.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// How long commands may take: each, and all together. Thread-safe.
class CommandTime {
 public:
  CommandTime(absl::Duration each, absl::Duration all) : each_(each), left_(all) {}

  absl::Duration Limit() const;  // of the next one; none or less: there is no time left
  void Spend(absl::Duration time);

 private:
  const absl::Duration each_;
  mutable Mutex mutex_;
  absl::Duration left_ ABSL_GUARDED_BY(mutex_);
};

// A section of groups.conf(5). A value.
struct GroupCommands {
  std::string source;
  std::string place;   // FILE:LINE
  std::string folder;  // $CFGDIR, in which they are run
  std::string map;     // writes the hosts of $GROUP
  std::string all;     // all hosts; may be empty
  std::string list;    // the names of all groups; may be empty
};

// Runs each command once, for whatever asks: what it wrote lasts as long as this. Thread-safe;
// blocks as OutputOf: helper threads only.
class CommandSource : public GroupResolver {
 public:
  CommandSource(GroupCommands commands, std::shared_ptr<CommandTime> time)
      : commands_(std::move(commands)), time_(std::move(time)) {}

  // NOT_FOUND: no such group; INVALID_ARGUMENT: a name that is no word for a shell; else as
  // OutputOf.
  absl::StatusOr<NodeGroup> Resolve(absl::string_view source,
                                    absl::string_view group) const override;

 private:
  absl::StatusOr<NodeGroup> ResolveAll() const;
  // Words, with commas between them.
  absl::StatusOr<std::string> Run(const std::string& upcall, const std::string& command,
                                  absl::string_view group) const;
  absl::Status CheckIsThere(absl::string_view group) const;
  NodeGroup GroupOf(std::string expression) const;

  const GroupCommands commands_;
  const std::shared_ptr<CommandTime> time_;
  mutable Mutex mutex_;  // not held while a command runs
  mutable std::map<std::string, std::string> written_ ABSL_GUARDED_BY(mutex_);  // by the command
};

}  // namespace muster::service

#endif  // SERVICE_TARGETS_GROUP_COMMANDS_H_
