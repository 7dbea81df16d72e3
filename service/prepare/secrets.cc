#include "service/prepare/secrets.h"

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "muster/v1/options.pb.h"
#include "ssh_engine/base/secret.h"

namespace muster::service {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The message's own bytes: what Reflection hands out as const is where they are.
void Wipe(Message* message, const FieldDescriptor* field) {
  std::string copy;
  const std::string& text = message->GetReflection()->GetStringReference(*message, field, &copy);
  engine::Passphrase::Wipe(const_cast<std::string*>(&text));
  message->GetReflection()->ClearField(message, field);
}

void WipeIn(Message* message, const FieldDescriptor* field) {
  const google::protobuf::Reflection& reflection = *message->GetReflection();
  if (!field->is_repeated()) return WipeSecrets(reflection.MutableMessage(message, field));
  for (int i = 0; i < reflection.FieldSize(*message, field); ++i) {
    WipeSecrets(reflection.MutableRepeatedMessage(message, field, i));
  }
}

bool HasSecretsIn(const Message& message, const FieldDescriptor* field) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (!field->is_repeated()) return HasSecrets(reflection.GetMessage(message, field));
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    if (HasSecrets(reflection.GetRepeatedMessage(message, field, i))) return true;
  }
  return false;
}

std::vector<const FieldDescriptor*> FieldsOf(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return fields;
}

bool IsSecret(const FieldDescriptor* field) { return field->options().GetExtension(v1::secret); }

bool MayHold(const FieldDescriptor* field) {
  return field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_map();
}

}  // namespace

void WipeSecrets(Message* message) {
  for (const FieldDescriptor* field : FieldsOf(*message)) {
    if (IsSecret(field)) {
      Wipe(message, field);
    } else if (MayHold(field)) {
      WipeIn(message, field);
    }
  }
}

bool HasSecrets(const Message& message) {
  for (const FieldDescriptor* field : FieldsOf(message)) {
    if (IsSecret(field) || (MayHold(field) && HasSecretsIn(message, field))) return true;
  }
  return false;
}

}  // namespace muster::service
