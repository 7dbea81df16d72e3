// What may stand next on a command line: for the shells' completion.
#ifndef CLIENT_OPTIONS_COMPLETION_H_
#define CLIENT_OPTIONS_COMPLETION_H_

#include <string>
#include <vector>

#include "client/options/options.h"

namespace muster::client {

// A value.
struct Candidate {
  std::string text;  // the whole word
  std::string what;  // for a person; "": nothing to say
};

// A value.
struct Completion {
  std::vector<Candidate> candidates;
  // What only the daemon knows: `daemon_prefix` and one of them is a candidate, too.
  enum class Ask { kNothing, kRuns, kArtifacts } ask = Ask::kNothing;
  std::string daemon_prefix;
  std::string begun;  // how that has to begin
  Options options;    // which daemon: `server` and what belongs to it
};

// The last of `words` is begun, maybe empty; "muster" is not among them. Reads files (inventory,
// ssh_config, known_hosts) and folders; asks no daemon and runs nothing. A command line that is
// wrong already has no candidates.
Completion Complete(const std::vector<std::string>& words);

// Of "bash", "zsh" or "fish": what makes it ask `muster __complete`.
std::string CompletionScript(const std::string& shell);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_COMPLETION_H_
