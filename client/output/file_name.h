// File names for hosts.
#ifndef CLIENT_OUTPUT_FILE_NAME_H_
#define CLIENT_OUTPUT_FILE_NAME_H_

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

namespace muster::client {

// Gives each host of a run a name in one folder, for two files: NAME and NAME.err. Not thread-safe.
class FileNames {
 public:
  // The host's name where that is a plain one. '/', control characters and bytes past ASCII become
  // '_', as does a '.' or '-' in front; what is longer than 200 bytes is cut. Where that gives a
  // name that is taken, also by another host's ".err", "~HOST_INDEX" is added.
  std::string NameFor(absl::string_view host, uint32_t host_index);

 private:
  absl::flat_hash_set<std::string> taken_;
};

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_FILE_NAME_H_
