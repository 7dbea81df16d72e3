#include "service/prepare/access_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AccessMakerTest : public ::testing::Test {
 protected:
  std::shared_ptr<const engine::Credential> Load(engine::CredentialSpec keys) {
    auto spec = std::make_shared<AccessSpec>();
    spec->credential.keys = std::move(keys);
    const auto access = maker_.Make(spec);
    EXPECT_TRUE(access.ok()) << access.status();
    return access.ok() ? (*access)->credential : nullptr;
  }

  FileCache files_;
  RunPlan plan_;
  AccessMaker maker_{&files_, &plan_};
};

TEST_F(AccessMakerTest, CredentialsThatTellOtherThingsAreNotShared) {
  engine::CredentialSpec keys;
  keys.identity_files = {{"/no/such/key", "", /*required=*/false}};
  const auto usual = Load(keys);
  EXPECT_EQ(Load(keys), usual);
  EXPECT_THAT(usual->notes, IsEmpty());
  keys.identity_files[0].named = true;
  EXPECT_THAT(Load(keys)->notes, ElementsAre(HasSubstr("/no/such/key")));
  keys.notes = {"One."};
  EXPECT_THAT(Load(keys)->notes, ElementsAre("One.", HasSubstr("/no/such/key")));
  keys.notes = {"Another."};
  EXPECT_THAT(Load(keys)->notes, ElementsAre("Another.", HasSubstr("/no/such/key")));
}

}  // namespace
}  // namespace muster::service
