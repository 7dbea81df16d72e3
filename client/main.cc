// muster: runs a command on many hosts over SSH.
#include <grpc/support/log.h>
#include <malloc.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/commands.h"
#include "client/options.h"

namespace {

// Messages of a hundred KiB come one after the other: their memory is to be used again instead
// of being given back to the system, and cleared by it, each time.
void KeepFreedMemory() {
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  mallopt(M_TRIM_THRESHOLD, 1024 << 10);
}

// Where $HOME says nothing (some services, "env -i") the passwd entry does, as for ssh: keys,
// known_hosts and inventories are found by it, also by the daemon that is started.
void FillHome() {
  const char* const home = getenv("HOME");
  if (home != nullptr && *home != 0 && strcmp(home, "/") != 0) return;
  const passwd* const entry = getpwuid(geteuid());
  if (entry != nullptr) setenv("HOME", entry->pw_dir, 1);
}

// What gRPC writes to standard error says less than our own messages do; GRPC_VERBOSITY brings it
// back.
void SilenceGrpc() {
  if (getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace

int main(int argc, char** argv) {
  KeepFreedMemory();
  SilenceGrpc();
  FillHome();
  const muster::client::ParsedOptions parsed = muster::client::ParseOptions(argc, argv);
  if (parsed.run) return muster::client::RunSubcommand(parsed.options);
  fputs(parsed.text.c_str(), parsed.exit_code == 0 ? stdout : stderr);
  return parsed.exit_code;
}
