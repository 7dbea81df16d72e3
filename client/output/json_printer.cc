#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/output/printer.h"
#include "client/text/json.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// json_lines.schema.json describes what it writes.
class JsonPrinter final : public Printer {
 public:
  explicit JsonPrinter(OutputWriter* writer) : writer_(writer) {}
  void OnEvent(const v1::Event& event, const RunView& view) override;
  void OnEnd(const RunView&) override {}

 private:
  void PrintOutput(const v1::Event& event, const RunView& view);
  void PrintOther(const v1::Event& event, const RunView& view);

  OutputWriter* const writer_;
};

// The beginning of each line.
std::string HeadOf(const v1::Event& event) {
  const absl::Time time =
      absl::FromUnixSeconds(event.time().seconds()) + absl::Nanoseconds(event.time().nanos());
  return absl::StrCat("{\"sequence\":\"", event.sequence(), "\",\"time\":\"",
                      absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone()), "\"");
}

std::string HostField(uint32_t host_index, const RunView& view) {
  std::string field = ",\"host\":";
  // A string of proto3 is UTF-8 in any case.
  if (!AppendJsonString(view.NameOf(host_index), &field)) field += "\"\"";
  return field;
}

// "text" where the bytes are UTF-8, else "bytes".
void AppendText(absl::string_view bytes, std::string* to) {
  const size_t before = to->size();
  to->append("\"text\":");
  if (AppendJsonString(bytes, to)) return;
  to->resize(before);
  absl::StrAppend(to, "\"bytes\":\"", absl::Base64Escape(bytes), "\"");
}

const char* BoolText(bool value) { return value ? "true" : "false"; }

void JsonPrinter::OnEvent(const v1::Event& event, const RunView& view) {
  if (event.has_output()) {
    PrintOutput(event, view);
  } else {
    PrintOther(event, view);
  }
}

// A line of output is one of ours, so that a byte that is no UTF-8 hides no other line.
void JsonPrinter::PrintOutput(const v1::Event& event, const RunView& view) {
  const v1::HostOutput& output = event.output();
  const std::string head =
      absl::StrCat(HeadOf(event), HostField(output.host_index(), view),
                   ",\"output\":{\"hostIndex\":", output.host_index(), ",\"stream\":\"",
                   v1::OutputStream_Name(output.stream()), "\",");
  absl::string_view data = output.data();
  while (!data.empty()) {
    const size_t end = data.find('\n');
    const bool whole = end != absl::string_view::npos;
    std::string* const to = writer_->To(1);
    to->append(head);
    AppendText(data.substr(0, end), to);
    absl::StrAppend(to, ",\"unterminated\":", BoolText(!whole && output.unterminated()),
                    ",\"split\":", BoolText(!whole && output.split()), "}}\n");
    data.remove_prefix(whole ? end + 1 : data.size());
  }
}

// The event as protobuf writes it, with what a reader would have to look up.
void JsonPrinter::PrintOther(const v1::Event& event, const RunView& view) {
  const google::protobuf::Reflection* const reflection = event.GetReflection();
  const FieldDescriptor* const kind =
      reflection->GetOneofFieldDescriptor(event, event.GetDescriptor()->FindOneofByName("kind"));
  std::string line = HeadOf(event);
  if (kind != nullptr) {
    const Message& message = reflection->GetMessage(event, kind);
    const FieldDescriptor* const index = kind->message_type()->FindFieldByName("host_index");
    if (index != nullptr) {
      absl::StrAppend(&line, HostField(message.GetReflection()->GetUInt32(message, index), view));
    }
    absl::StrAppend(&line, ",\"", kind->json_name(), "\":{");
    if (event.has_probe_finished()) {
      AppendText(event.probe_finished().output(), &line);
      line += ',';
    }
    absl::StrAppend(&line, absl::string_view(ToJson(message)).substr(1));
  }
  absl::StrAppend(writer_->To(1), line, "}\n");
}

}  // namespace

std::unique_ptr<Printer> NewJsonPrinter(OutputWriter* writer) {
  return std::make_unique<JsonPrinter>(writer);
}

}  // namespace muster::client
