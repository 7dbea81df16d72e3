#include "service/store/sqlite_run_store.h"

#include <gtest/gtest.h>

#include "tests/service/store/run_store_contract.h"
#include "tests/service/store/store_samples.h"

namespace muster::service {
namespace {

class SqlitePlace final : public StorePlace {
 public:
  explicit SqlitePlace(uint64_t segment_bytes) { options_.segment_bytes = segment_bytes; }
  std::unique_ptr<RunStore> Open() override {
    auto store = OpenRunStore(folder_.path() + "/store", options_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  // The lock is on the file: another one in its place lets a second daemon in.
  void TakeOver() override {
    ASSERT_EQ(remove((folder_.path() + "/store/lock").c_str()), 0);
    Open();
  }

 private:
  const TestFolder folder_;
  RunStoreOptions options_;
};

StoreKind Kind(const std::string& name, uint64_t segment_bytes) {
  return {name, [=] { return std::make_unique<SqlitePlace>(segment_bytes); }};
}

INSTANTIATE_TEST_SUITE_P(Sqlite, RunStoreContract,
                         ::testing::Values(Kind("one_segment", 64 << 20),
                                           Kind("small_segments", 2000)),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace muster::service
