#include "service/api/page_token.h"

#include <gtest/gtest.h>

#include "muster/v1/run_service.pb.h"
#include "proto/contract/error_details.h"

namespace muster::service {
namespace {

TEST(PageTokenTest, IsOfOneRequestWhateverItsPagesAre) {
  v1::ListRunsRequest request;
  (*request.mutable_labels())["env"] = "prod";
  (*request.mutable_labels())["app"] = "web";
  request.set_page_size(10);
  EXPECT_EQ(*ReadPageToken(request), "");
  request.set_page_token(MakePageToken(request, "place"));
  request.set_page_size(20);
  EXPECT_EQ(*ReadPageToken(request), "place");
}

TEST(PageTokenTest, IsRefusedByEveryOther) {
  v1::ListRunsRequest request;
  request.set_creator("uid:1");
  const std::string token = MakePageToken(request, "place");
  v1::ListRunsRequest other;
  v1::ListHostResultsRequest of_hosts;
  other.set_page_token(token);
  of_hosts.set_page_token(token);
  for (const absl::Status& status :
       {ReadPageToken(other).status(), ReadPageToken(of_hosts).status()}) {
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_PAGE_TOKEN_INVALID);
  }
  for (const char* made_up : {"x", "5", "nonsense\n", "AAAAAAAAAAAAAAAA"}) {
    request.set_page_token(made_up);
    EXPECT_TRUE(absl::IsInvalidArgument(ReadPageToken(request).status())) << made_up;
  }
}

}  // namespace
}  // namespace muster::service
