// What every store must do: instantiate RunStoreContract for each.
#ifndef TESTS_SERVICE_STORE_RUN_STORE_CONTRACT_H_
#define TESTS_SERVICE_STORE_RUN_STORE_CONTRACT_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "service/store/run_store.h"

namespace muster::service {

// A place for stores, one after the other.
class StorePlace {
 public:
  virtual ~StorePlace() = default;
  // What a daemon does that starts. The store before has been destroyed, or is to be replaced.
  virtual std::unique_ptr<RunStore> Open() = 0;
  // Another daemon takes over, beside the one that is there.
  virtual void TakeOver() = 0;
};

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<StorePlace>()> make;
};

class RunStoreContract : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override { Reopen(); }
  // The daemon ends, in whatever way, and another starts.
  void Reopen() {
    store_.reset();
    store_ = place_->Open();
    ASSERT_NE(store_, nullptr);
  }
  absl::Status Commit(const JournalCommit& commit) {
    return store_->Commit(store_->fence(), commit);
  }

  const std::unique_ptr<StorePlace> place_ = GetParam().make();
  std::unique_ptr<RunStore> store_;
};

}  // namespace muster::service

#endif  // TESTS_SERVICE_STORE_RUN_STORE_CONTRACT_H_
