// muster: runs a command on many hosts over SSH.
#include <stdio.h>

#include "client/commands.h"
#include "client/options.h"

int main(int argc, char** argv) {
  const muster::client::ParsedOptions parsed = muster::client::ParseOptions(argc, argv);
  if (parsed.run) return muster::client::RunSubcommand(parsed.options);
  fputs(parsed.text.c_str(), parsed.exit_code == 0 ? stdout : stderr);
  return parsed.exit_code;
}
