#include "service/events/event_scan.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

namespace muster::service {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr uint32_t Bytes(int field) {
  return static_cast<uint32_t>(field) << 3 | WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
}

constexpr uint32_t Varint(int field) {
  return static_cast<uint32_t>(field) << 3 | WireFormatLite::WIRETYPE_VARINT;
}

constexpr uint32_t kEvents = Bytes(1);
constexpr uint32_t kOutput = Bytes(v1::Event::kOutputFieldNumber);
constexpr uint32_t kHostIndex = Varint(v1::HostOutput::kHostIndexFieldNumber);
constexpr uint32_t kStream = Varint(v1::HostOutput::kStreamFieldNumber);
constexpr uint32_t kData = Bytes(v1::HostOutput::kDataFieldNumber);

// Goes through one message's bytes, which outlive it.
class Reader {
 public:
  explicit Reader(absl::string_view bytes)
      : bytes_(bytes),
        in_(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size())) {}

  // 0: at the end, or malformed.
  uint32_t Tag() { return tag_ = in_.ReadTag(); }
  bool Skip() { return WireFormatLite::SkipField(&in_, tag_); }
  bool ReadVarint(uint32_t* value) { return in_.ReadVarint32(value); }
  bool ReadBytes(absl::string_view* value) {
    uint32_t size = 0;
    if (!in_.ReadVarint32(&size) || size > bytes_.size() - position()) return false;
    *value = bytes_.substr(position(), size);
    return in_.Skip(static_cast<int>(size));
  }
  size_t position() const { return static_cast<size_t>(in_.CurrentPosition()); }
  bool at_end() const { return position() == bytes_.size(); }

 private:
  const absl::string_view bytes_;
  CodedInputStream in_;
  uint32_t tag_ = 0;
};

bool ScanOutput(absl::string_view bytes, ScannedEvent* event) {
  Reader reader(bytes);
  while (const uint32_t tag = reader.Tag()) {
    bool good = true;
    uint32_t stream = 0;
    if (tag == kHostIndex) {
      good = reader.ReadVarint(&event->host_index);
    } else if (tag == kStream) {
      good = reader.ReadVarint(&stream);
      event->stream = static_cast<v1::OutputStream>(stream);
    } else if (tag == kData) {
      good = reader.ReadBytes(&event->data);
    } else {
      good = reader.Skip();
    }
    if (!good) return false;
  }
  return reader.at_end();
}

// Whether the event is output; then `output` are its bytes.
bool FindOutput(absl::string_view bytes, absl::string_view* output) {
  Reader reader(bytes);
  while (const uint32_t tag = reader.Tag()) {
    if (tag == kOutput) return reader.ReadBytes(output);
    if (!reader.Skip()) return false;
  }
  return false;
}

bool ScanEvent(absl::string_view bytes, ScannedEvent* event) {
  absl::string_view output;
  event->is_output = FindOutput(bytes, &output);
  if (event->is_output) return ScanOutput(output, event);
  return event->event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

absl::optional<uint32_t> HostOf(const ScannedEvent& scanned) {
  if (scanned.is_output) return scanned.host_index;
  const v1::Event& event = scanned.event;
  switch (event.kind_case()) {
    case v1::Event::kHostState:
      return event.host_state().host_index();
    case v1::Event::kHostFinished:
      return event.host_finished().host_index();
    case v1::Event::kOutputOmitted:
      return event.output_omitted().host_index();
    case v1::Event::kProbeFinished:
      return event.probe_finished().host_index();
    default:
      return absl::nullopt;
  }
}

absl::Status ScanEvents(absl::string_view block,
                        absl::FunctionRef<void(const ScannedEvent& event)> each) {
  Reader reader(block);
  ScannedEvent event;
  while (!reader.at_end()) {
    const size_t begin = reader.position();
    absl::string_view bytes;
    event.host_index = 0;
    event.data = absl::string_view();
    if (reader.Tag() != kEvents || !reader.ReadBytes(&bytes) || !ScanEvent(bytes, &event)) {
      return absl::DataLossError("the run's log holds what is no event");
    }
    event.encoded = block.substr(begin, reader.position() - begin);
    each(event);
  }
  return absl::OkStatus();
}

}  // namespace muster::service
