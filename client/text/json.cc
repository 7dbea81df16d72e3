#include "client/text/json.h"

#include <google/protobuf/util/json_util.h>

#include "proto/contract/visible_text.h"

namespace muster::client {

std::string ToJson(const google::protobuf::Message& message) {
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  // Host 0 and exit code 0 are to be seen.
  options.always_print_primitive_fields = true;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? VisibleJson(json) : "{}";
}

}  // namespace muster::client
