#include "client/commands/shell_command.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/commands/line_editor.h"
#include "client/commands/line_reader.h"
#include "client/commands/run_commands.h"
#include "client/commands/shell_completion.h"
#include "client/commands/shell_hosts.h"
#include "client/commands/shell_line.h"
#include "client/options/login_options.h"
#include "client/options/target_expression.h"
#include "client/options/utf8_check.h"
#include "client/output/follow.h"
#include "client/output/terminal_text.h"
#include "client/text/columns.h"
#include "client/text/outcome_text.h"
#include "proto/contract/limits.h"
#include "proto/contract/state_folder.h"
#include "proto/nodeset/node_set.h"

namespace muster::client {
namespace {

// ""; where lines cannot be kept, that is told.
std::string HistoryPath() {
  const absl::StatusOr<std::string> folder = OwnStateFolder();
  absl::Status status = folder.status();
  if (status.ok()) status = EnsurePrivateFolder(*folder);
  if (status.ok()) return *folder + "/shell_history";
  Complain(absl::Status(status.code(), absl::StrCat("lines are not kept: ", status.message())));
  return "";
}

// Lives for one call.
class Shell {
 public:
  Shell(const Options& options, const ServerAddress& server, const v1::RunSpec& spec,
        Interrupts* interrupts, MusterClient* client, OutputWriter* output)
      : options_(options),
        server_(server),
        spec_(spec),
        interrupts_(interrupts),
        client_(client),
        output_(output),
        // Where standard output is a file or a pipe, a person still types.
        interactive_(isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0) {}

  int Run() {
    code_ = Choose(spec_.targets().expression());
    if (code_ != kSuccess) return code_;
    const std::unique_ptr<LineReader> reader = MakeReader();
    while (!ended_) {
      output_->Flush();
      const absl::optional<std::string> line = reader->Read(hosts_.Prompt());
      if (line.has_value()) {
        Take(Understand(*line));
      } else {
        EndAt(reader->signal_code(), /*at_prompt=*/true);
      }
    }
    return code_;
  }

 private:
  static ShellLine Understand(const std::string& line) {
    if (line.size() <= kMaxCommandBytes) return ReadShellLine(line);
    return {ShellLine::Kind::kWrong,
            absl::StrCat("a line has more than ", kMaxCommandBytes,
                         " bytes, and was not run; put it into a file ", "on the hosts")};
  }

  std::unique_ptr<LineReader> MakeReader() {
    if (!interactive_) return NewPipeReader(kMaxCommandBytes, interrupts_);
    absl::StrAppend(output_->To(2), hosts_.Names(), "; :help tells what there is\n");
    return NewLineEditor(
        HistoryPath(),
        [this](absl::string_view before) { return CompleteShellLine(before, options_); },
        interrupts_);
  }

  // `signal_code` is what has ended a line or its reading; 0: no signal. Ctrl-C ends a line, and of
  // a shell that nobody types into the whole, as with sh.
  void EndAt(int signal_code, bool at_prompt) {
    if (signal_code == 0) {
      ended_ = ended_ || at_prompt;
      return;
    }
    code_ = signal_code;
    ended_ = !interactive_ || signal_code != kInterrupted;
  }

  void Take(const ShellLine& line) {
    switch (line.kind) {
      case ShellLine::Kind::kNothing:
        return;
      case ShellLine::Kind::kRun:
        return RunLine(line.text);
      case ShellLine::Kind::kQuit:
        ended_ = true;
        return;
      case ShellLine::Kind::kWrong:
        return Settle(Complain(absl::InvalidArgumentError(line.text)));
      default:
        return Settle(Obey(line));
    }
  }

  // What the shell itself refused: lines behind it may count on other hosts, or another folder, and
  // nobody looks at what they do.
  void Settle(int code) {
    code_ = code;
    if (code != kSuccess && !interactive_) ended_ = true;
  }

  void RunLine(const std::string& text) {
    v1::RunSpec spec = spec_;
    spec.mutable_command()->set_shell(text);
    const absl::Status valid = CheckUtf8(spec);
    if (!valid.ok()) {
      code_ = Complain(valid);
      return;
    }
    code_ = RunCommand(options_, server_, spec, interrupts_, client_, output_, &memory_);
    hosts_.Take(memory_.last);
    EndAt(interrupts_->exit_code(), /*at_prompt=*/false);
  }

  int Obey(const ShellLine& line) {
    switch (line.kind) {
      case ShellLine::Kind::kHosts:
        output_->To(1)->append(hosts_.Table(TerminalColumns(STDOUT_FILENO)));
        return kSuccess;
      case ShellLine::Kind::kTargets:
        return line.text.empty() ? TellHosts() : ChooseAnew(line.text);
      case ShellLine::Kind::kOnly:
        return Narrow("&", line.text);
      case ShellLine::Kind::kDrop:
        return Narrow("!", line.text);
      default:
        output_->To(1)->append(kShellCommandsText);
        return kSuccess;
    }
  }

  int TellHosts() {
    absl::StrAppend(output_->To(1), hosts_.Names(), "\n");
    return kSuccess;
  }

  // As -t has it.
  absl::StatusOr<std::string> ReadExpression(const std::string& text) {
    if (text != "-") return TargetExpression({text}, {});
    return absl::InvalidArgumentError(
        "\"-\": standard input has the shell's lines; name a file: @@FILE");
  }

  int ChooseAnew(const std::string& text) {
    const absl::StatusOr<std::string> expression = ReadExpression(text);
    if (!expression.ok()) return Complain(expression.status());
    const int code = Choose(*expression);
    return code == kSuccess ? TellHosts() : code;
  }

  // Operators are taken from left to right.
  int Narrow(const char* op, const std::string& text) {
    const bool failed = text == "failed";
    std::string other;
    if (failed || text == "unreached") {
      other = FoldNodeSet(failed ? hosts_.Failed() : hosts_.Unreached());
      if (other.empty()) {
        return Complain(absl::NotFoundError(failed ? "no host failed on the last line"
                                                   : "no host was unreached on the last line"));
      }
    } else {
      absl::StatusOr<std::string> expression = ReadExpression(text);
      if (!expression.ok()) return Complain(expression.status());
      other = *std::move(expression);
    }
    return ChooseAnew(absl::StrCat(spec_.targets().expression(), op, "(", other, ")"));
  }

  // Nothing is changed where the daemon does not know them.
  int Choose(const std::string& expression) {
    Options chosen = options_;
    chosen.targets = {expression};
    chosen.exclude.clear();
    const absl::StatusOr<v1::ResolveTargetsRequest> request = MakeResolveRequest(chosen, server_);
    if (!request.ok()) return Complain(request.status());
    const absl::StatusOr<v1::ResolveTargetsResponse> response = client_->ResolveTargets(*request);
    if (!response.ok()) return Complain(response.status());
    for (const std::string& warning : response->warnings()) {
      if (!memory_.shown_warnings.insert(warning).second) continue;
      Complain(absl::UnknownError(absl::StrCat("warning: ", warning)));
    }
    std::vector<std::string> names;
    for (const v1::RunHost& host : response->hosts()) names.push_back(host.name());
    hosts_.Choose(std::move(names));
    spec_.mutable_targets()->set_expression(expression);
    return kSuccess;
  }

  const Options& options_;
  const ServerAddress& server_;
  v1::RunSpec spec_;
  Interrupts* const interrupts_;
  MusterClient* const client_;
  OutputWriter* const output_;
  const bool interactive_;
  ShellHosts hosts_;
  RunMemory memory_;
  int code_ = kSuccess;
  bool ended_ = false;
};

}  // namespace

int ShellCommand(const Options& options, const ServerAddress& server, const v1::RunSpec& spec,
                 Interrupts* interrupts, MusterClient* client, OutputWriter* output) {
  return Shell(options, server, spec, interrupts, client, output).Run();
}

}  // namespace muster::client
