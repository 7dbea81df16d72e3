#include "service/api/artifact_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"
#include "proto/contract/limits.h"
#include "tests/service/artifacts/test_artifacts.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ArtifactPagesTest : public ::testing::Test {
 protected:
  v1::ListArtifactsResponse List(const v1::ListArtifactsRequest& request, const Caller& caller) {
    v1::ListArtifactsResponse page;
    const absl::Status filled = FillArtifacts(*artifacts_.store(), caller, request, &page);
    EXPECT_TRUE(filled.ok()) << filled;
    return page;
  }
  static std::vector<std::string> NamesOf(const v1::ListArtifactsResponse& page) {
    std::vector<std::string> names;
    for (const v1::Artifact& artifact : page.artifacts()) names.push_back(artifact.name());
    return names;
  }

  const Caller ann_{Caller::Kind::kDns, "ann"};
  const Caller bob_{Caller::Kind::kDns, "bob"};
  TestArtifacts artifacts_;
};

TEST_F(ArtifactPagesTest, PagesHaveAllByNameWholeOrNot) {
  artifacts_.Put("dns:ann", "c", "abc");
  artifacts_.Put("dns:ann", "a", "abc");
  artifacts_.Put("dns:ann", "b", "ab", /*end=*/false);
  v1::ListArtifactsRequest request;
  request.set_page_size(2);
  v1::ListArtifactsResponse page = List(request, ann_);
  EXPECT_THAT(NamesOf(page), ElementsAre("a", "b"));
  EXPECT_EQ(page.artifacts(0).sha256().size(), 32u);
  EXPECT_FALSE(page.artifacts(1).whole());
  EXPECT_EQ(page.artifacts(1).bytes(), 2u);
  EXPECT_TRUE(page.artifacts(1).has_update_time());
  request.set_page_token(page.next_page_token());
  page = List(request, ann_);
  EXPECT_THAT(NamesOf(page), ElementsAre("c"));
  EXPECT_THAT(page.next_page_token(), IsEmpty());
}

TEST_F(ArtifactPagesTest, APageThatIsJustFullIsTheLast) {
  artifacts_.Put("dns:ann", "a", "abc");
  artifacts_.Put("dns:ann", "b", "abc");
  v1::ListArtifactsRequest request;
  request.set_page_size(2);
  EXPECT_THAT(List(request, ann_).next_page_token(), IsEmpty());
}

TEST_F(ArtifactPagesTest, NobodySeesAnothers) {
  artifacts_.Put("dns:ann", "a", "abc");
  EXPECT_THAT(NamesOf(List({}, bob_)), IsEmpty());
  EXPECT_THAT(NamesOf(List({}, {Caller::Kind::kUid, "1000"})), IsEmpty());
  EXPECT_THAT(NamesOf(List({}, ann_)), ElementsAre("a"));
}

TEST_F(ArtifactPagesTest, APageEndsBeforeAMebibyte) {
  constexpr size_t kArtifacts = 9000;  // each has some 150 bytes
  for (size_t i = 0; i < kArtifacts; ++i) {
    const std::string number = absl::StrCat(10'000 + i);
    artifacts_.Put("dns:ann", number + std::string(kMaxArtifactNameBytes - number.size(), 'n'), "",
                   /*end=*/false);
  }
  v1::ListArtifactsRequest request;
  request.set_page_size(20'000);
  size_t count = 0;
  size_t pages = 0;
  do {
    const v1::ListArtifactsResponse page = List(request, ann_);
    EXPECT_LE(page.ByteSizeLong(), kMaxPageBytes);
    count += static_cast<size_t>(page.artifacts_size());
    request.set_page_token(page.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(count, kArtifacts);
  EXPECT_EQ(pages, 2u);
}

TEST_F(ArtifactPagesTest, ATokenThatNoPageHadIsRefused) {
  v1::ListArtifactsRequest request;
  request.set_page_token("nonsense");
  v1::ListArtifactsResponse page;
  const absl::Status status = FillArtifacts(*artifacts_.store(), ann_, request, &page);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_PAGE_TOKEN_INVALID);
}

}  // namespace
}  // namespace muster::service
