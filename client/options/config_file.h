// The caller's file of defaults: YAML, settings at its top and in profiles.
#ifndef CLIENT_OPTIONS_CONFIG_FILE_H_
#define CLIENT_OPTIONS_CONFIG_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace muster::client {

// "user: deploy", or a list of values. A value.
struct Setting {
  std::string name;
  std::vector<std::string> values;  // as they are written; at least one
  std::string place;                // "FILE:LINE"
};

// Settings under one name; each has a name of its own. A value.
struct ConfigSection {
  std::string name;  // of the profile; "": the top of the file
  std::vector<Setting> settings;
};

// Where muster looks for what it is told in files: $XDG_CONFIG_HOME/muster, else ~/.config/muster.
std::string ConfigFolder();

// The first section is the top, also where it is empty; which settings there are is not known here.
// Blocks. An error names the file and the line. NOT_FOUND: there is no such file;
// FAILED_PRECONDITION: others can write to it, and so could say what is run in the caller's name
// (ProxyCommand); INVALID_ARGUMENT: it is no YAML of this form.
absl::StatusOr<std::vector<ConfigSection>> ReadConfigFile(const std::string& path);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_CONFIG_FILE_H_
