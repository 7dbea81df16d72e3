// Artifacts for the tests of what uses them.
#ifndef TESTS_SERVICE_ARTIFACTS_TEST_ARTIFACTS_H_
#define TESTS_SERVICE_ARTIFACTS_TEST_ARTIFACTS_H_

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "service/artifacts/artifact_store.h"
#include "ssh_engine/base/helper_pool.h"
#include "tests/service/store/store_samples.h"

namespace muster::service {

// A store in a folder of the test's own.
class TestArtifacts {
 public:
  const ArtifactStore* store() const { return store_.get(); }

  void Put(const std::string& owner, const std::string& name, const std::string& data,
           bool end = true) {
    v1::PutArtifactRequest put;
    put.set_name(name);
    put.set_data(data);
    put.set_end(end);
    const absl::StatusOr<v1::Artifact> artifact = store_->Put(owner, put);
    EXPECT_TRUE(artifact.ok()) << artifact.status();
  }
  void Delete(const std::string& owner, const std::string& name) {
    const absl::Status deleted = store_->Delete(owner, name);
    EXPECT_TRUE(deleted.ok()) << deleted;
  }
  // What a host reads first of it: all of a short one.
  static std::string FirstOf(engine::InputSource* input) {
    if (input == nullptr) return "(no input)";
    std::promise<engine::InputPiece> later;
    engine::InputPiece piece =
        input->Read(0, 0, [&](engine::InputPiece came) { later.set_value(std::move(came)); });
    if (piece.bytes.empty() && !piece.end) piece = later.get_future().get();
    return std::string(piece.bytes);
  }

 private:
  TestFolder folder_;
  HelperPool helpers_{1};
  const std::unique_ptr<ArtifactStore> store_ =
      *ArtifactStore::Open(folder_.path() + "/artifacts", ArtifactLimits(), &helpers_);
};

}  // namespace muster::service

#endif  // TESTS_SERVICE_ARTIFACTS_TEST_ARTIFACTS_H_
