// Names of files, for completion.
#ifndef CLIENT_OPTIONS_FILE_CANDIDATES_H_
#define CLIENT_OPTIONS_FILE_CANDIDATES_H_

#include <string>
#include <vector>

namespace muster::client {

// Paths that begin with `begun`, written as that is ("~/" stays), sorted; those of folders end with
// a slash. `folders`: of those alone. Hidden ones only where that is begun. At most a thousand.
std::vector<std::string> FileCandidates(const std::string& begun, bool folders);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_FILE_CANDIDATES_H_
