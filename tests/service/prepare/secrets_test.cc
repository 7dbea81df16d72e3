#include "service/prepare/secrets.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "google/protobuf/descriptor.h"
#include "muster/v1/options.pb.h"
#include "muster/v1/run_service.pb.h"
#include "muster/v1/target_service.pb.h"

namespace muster::service {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

v1::RunSpec SpecWithSecrets() {
  v1::RunSpec spec;
  auto* local = spec.mutable_login()->mutable_local();
  local->add_identity_files()->set_path("/a");
  for (const char* secret : {"first passphrase, long enough for the heap", "second one"}) {
    local->add_identity_files()->set_passphrase(secret);
  }
  local->set_password("the password of the hosts");
  return spec;
}

TEST(SecretsTest, TakesThemOutHoweverDeep) {
  v1::CreateRunRequest request;
  *request.mutable_spec() = SpecWithSecrets();
  WipeSecrets(&request);
  for (const v1::IdentityFile& file : request.spec().login().local().identity_files()) {
    EXPECT_EQ(file.passphrase(), "");
  }
  EXPECT_EQ(request.spec().login().local().password(), "");
  EXPECT_EQ(request.spec().login().local().identity_files(0).path(), "/a");
}

TEST(SecretsTest, KnowsWhetherThereAreAny) {
  v1::CreateRunRequest request;
  EXPECT_FALSE(HasSecrets(request));
  request.mutable_spec()->mutable_login()->mutable_local()->add_identity_files()->set_path("/a");
  request.mutable_spec()->mutable_command()->set_shell("true");
  EXPECT_FALSE(HasSecrets(request));
  v1::CreateRunRequest with_passphrase = request;
  auto* local = with_passphrase.mutable_spec()->mutable_login()->mutable_local();
  local->add_identity_files()->set_passphrase("p");
  EXPECT_TRUE(HasSecrets(with_passphrase));
  WipeSecrets(&with_passphrase);
  EXPECT_FALSE(HasSecrets(with_passphrase));
  request.mutable_spec()->mutable_login()->mutable_local()->set_password("p");
  EXPECT_TRUE(HasSecrets(request));
}

TEST(SecretsTest, OverwritesWhatTheMemoryHeld) {
  v1::RunSpec spec = SpecWithSecrets();
  const std::string& held = spec.login().local().identity_files(1).passphrase();
  const char* const bytes = held.data();
  const size_t size = held.size();
  WipeSecrets(&spec);
  // The string keeps its memory: the message still has it.
  EXPECT_EQ(std::string(bytes, size), std::string(size, '\0'));
}

TEST(SecretsTest, LeavesWhatIsNoSecret) {
  v1::RunSpec spec = SpecWithSecrets();
  v1::RunSpec same;
  same.mutable_command()->set_shell("true");
  const std::string before = same.SerializeAsString();
  WipeSecrets(&same);
  EXPECT_EQ(same.SerializeAsString(), before);
}

// Every field of the requests that is named like a secret has to be marked as one.
void CheckFields(const Descriptor* message, std::set<const Descriptor*>* seen, int* secrets) {
  if (!seen->insert(message).second) return;
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* const field = message->field(i);
    if (field->message_type() != nullptr) CheckFields(field->message_type(), seen, secrets);
    const bool marked = field->options().GetExtension(v1::secret);
    *secrets += marked;
    EXPECT_TRUE(!marked || (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
                            !field->is_repeated() && !message->options().map_entry()))
        << field->full_name();
    const std::string& name = field->name();
    const bool looks =
        absl::StrContains(name, "pass") || absl::StrContains(name, "secret") ||
        (absl::StrContains(name, "token") && name != "page_token" && name != "next_page_token");
    EXPECT_EQ(looks, marked) << field->full_name() << ": mark it with [(secret) = true]";
  }
}

TEST(SecretsTest, TheContractMarksAll) {
  std::set<const Descriptor*> seen;
  int secrets = 0;
  for (const auto* file : {v1::CreateRunRequest::descriptor()->file(),
                           v1::ResolveTargetsRequest::descriptor()->file()}) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      CheckFields(file->message_type(i), &seen, &secrets);
    }
  }
  EXPECT_GE(secrets, 1);
}

}  // namespace
}  // namespace muster::service
