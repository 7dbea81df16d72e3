#include "client/commands/artifact_commands.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/commands/artifact_source.h"
#include "client/commands/artifact_upload.h"
#include "client/options/utf8_check.h"
#include "client/output/artifact_text.h"
#include "client/output/terminal_text.h"
#include "client/text/columns.h"
#include "client/text/json.h"
#include "client/text/outcome_text.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

constexpr absl::Duration kShowAfter = absl::Seconds(1);
constexpr absl::Duration kLineInterval = absl::Milliseconds(100);

void Print(const std::string& line, OutputWriter* output) {
  absl::StrAppend(output->To(1), line, "\n");
}

// How far a source is read, on a terminal.
class ReadingLine {
 public:
  ReadingLine(const std::string& name, const ArtifactSource* source, OutputWriter* output)
      : name_(name), source_(source), output_(output) {}

  void Show() {
    const absl::Time now = absl::Now();
    if (!output_->terminal(2) || now < next_) return;
    next_ = now + kLineInterval;
    // In the last column some terminals go to the next line.
    const size_t columns = std::max<size_t>(TerminalColumns(2), 2) - 1;
    output_->ShowStatus(
        CutToColumns(ReadingText(name_, source_->read(), source_->size(), now - begun_), columns));
  }

 private:
  const std::string& name_;
  const ArtifactSource* const source_;
  OutputWriter* const output_;
  const absl::Time begun_ = absl::Now();
  absl::Time next_ = begun_ + kShowAfter;
};

absl::StatusOr<std::unique_ptr<ArtifactSource>> OpenSource(const Options& options) {
  const bool input = options.artifact_file.empty() || options.artifact_file == "-";
  if (!input || isatty(STDIN_FILENO) == 0) return ArtifactSource::Open(options.artifact_file);
  return absl::InvalidArgumentError(absl::StrCat(
      "no FILE is given, and standard input is a terminal; write muster artifacts put ",
      options.artifact, " FILE"));
}

int TellPut(const Uploaded& uploaded, bool json, OutputWriter* output) {
  const std::string text = PutText(uploaded.artifact, uploaded.before);
  Print(json ? ToJson(uploaded.artifact) : text, output);
  return EndOutput(output, kSuccess, text);
}

}  // namespace

int PutArtifactCommand(const Options& options, Interrupts* interrupts, MusterClient* client,
                       OutputWriter* output) {
  absl::StatusOr<std::unique_ptr<ArtifactSource>> source = OpenSource(options);
  if (!source.ok()) return Complain(source.status());
  ReadingLine line(options.artifact, source->get(), output);
  (*source)->OnRead([&line] { line.Show(); });
  // What it waits for may be anything: who writes our input, or a daemon that is to come back.
  interrupts->Handle([interrupts, &options] {
    const std::string text =
        absl::StrCat("\nmuster: leaving; the same command goes on after what musterd has of ",
                     Visible(options.artifact), "\n");
    [[maybe_unused]] const ssize_t size = write(2, text.data(), text.size());
    _exit(interrupts->exit_code());
  });
  const absl::StatusOr<Uploaded> uploaded = UploadArtifact(options.artifact, source->get(), client);
  interrupts->Stop();
  output->ShowStatus("");
  if (!uploaded.ok()) return Complain(uploaded.status());
  return TellPut(*uploaded, options.json, output);
}

int ListArtifactsCommand(const Options& options, MusterClient* client, OutputWriter* output) {
  const absl::StatusOr<std::vector<v1::Artifact>> artifacts = client->ListArtifacts();
  if (!artifacts.ok()) return Complain(artifacts.status());
  if (!options.json) {
    output->To(1)->append(ArtifactsTable(*artifacts, TerminalColumns(1), absl::LocalTimeZone()));
    return kSuccess;
  }
  for (const v1::Artifact& artifact : *artifacts) Print(ToJson(artifact), output);
  return kSuccess;
}

// One that is not there keeps no other from being removed.
int RemoveArtifactsCommand(const Options& options, MusterClient* client, OutputWriter* output) {
  int code = kSuccess;
  for (const std::string& name : options.command) {
    v1::DeleteArtifactRequest request;
    request.set_name(name);
    absl::Status status = CheckUtf8(request);
    if (status.ok()) status = client->DeleteArtifact(name);
    if (status.ok()) {
      Print(absl::StrCat("artifact ", Visible(name), " removed"), output);
      continue;
    }
    output->Flush();
    code = Complain(status);
    if (!absl::IsNotFound(status)) break;
  }
  return EndOutput(output, code, "artifacts were removed");
}

}  // namespace muster::client
