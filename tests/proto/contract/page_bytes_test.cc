#include "proto/contract/page_bytes.h"

#include <gtest/gtest.h>

#include <string>

#include "muster/v1/run_service.pb.h"

namespace muster {
namespace {

TEST(PageBytesTest, EntriesCountAsTheyAreSent) {
  v1::ListRunsResponse page;
  size_t bytes = 0;
  for (const size_t size : {0, 1, 100, 126, 127, 20'000, 3'000'000}) {
    page.add_runs()->set_id(std::string(size, 'x'));
    bytes += BytesInPage(*page.runs().rbegin());
    EXPECT_EQ(bytes, page.ByteSizeLong()) << size;
  }
}

}  // namespace
}  // namespace muster
