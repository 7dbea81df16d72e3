// muster: runs a command on many hosts over SSH.
#include <fcntl.h>
#include <grpc/support/log.h>
#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/commands/command_line.h"
#include "client/options/options.h"
#include "client/output/output_writer.h"
#include "client/output/terminal_text.h"
#include "proto/contract/visible_text.h"

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

// Who closed one of the three is not to find his output in a file or socket that gets its number.
// Nothing can be written to what takes its place, so that the loss is told.
void KeepStandardDescriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) < 0) open("/dev/null", O_RDONLY);
  }
}

int Run(int argc, char** argv, muster::client::OutputWriter* output) {
  const muster::client::ParsedOptions parsed = muster::client::ParseOptions(argc, argv);
  if (parsed.run) return muster::client::RunSubcommand(parsed.options, output);
  muster::AppendVisibleLines(parsed.text, output->To(parsed.exit_code == 0 ? 1 : 2));
  return parsed.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  KeepFreedMemory();
  SilenceGrpc();
  FillHome();
  KeepStandardDescriptors();
  signal(SIGPIPE, SIG_IGN);  // a write says it, too
  muster::client::OutputWriter output;
  return muster::client::EndOutput(&output, Run(argc, argv, &output));
}
