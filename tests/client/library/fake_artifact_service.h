// An ArtifactService that keeps bytes in memory, and loses some.
#ifndef TESTS_CLIENT_LIBRARY_FAKE_ARTIFACT_SERVICE_H_
#define TESTS_CLIENT_LIBRARY_FAKE_ARTIFACT_SERVICE_H_

#include <grpcpp/grpcpp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "muster/v1/artifact_service.grpc.pb.h"
#include "tests/client/library/fake_server.h"

namespace muster::client {

// As the contract has it, with two artifacts a page. Of one caller.
class FakeArtifactService final : public v1::ArtifactService::Service {
 public:
  std::string address() const { return server_.address(); }

  // How many calls are still to be done and answered with UNAVAILABLE.
  std::atomic<int> lose_answers{0};
  // Before the piece with this offset is taken, and once: as a machine that loses power.
  std::atomic<uint64_t> cut_at{UINT64_MAX};
  std::atomic<size_t> cut_to{0};

  std::string BytesOf(const std::string& name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return kept_[name].bytes;
  }
  // Of pieces with data, whatever came of them.
  std::vector<uint64_t> offsets() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return offsets_;
  }
  int pages() const { return pages_; }

  grpc::Status PutArtifact(grpc::ServerContext*, const v1::PutArtifactRequest* request,
                           v1::PutArtifactResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!request->data().empty()) offsets_.push_back(request->offset());
    Kept& kept = kept_[request->name()];
    if (request->offset() == cut_at) {
      kept.bytes.resize(cut_to);
      cut_at = UINT64_MAX;
    }
    grpc::Status status = Take(*request, &kept);
    if (!status.ok()) return status;
    *response->mutable_artifact() = Message(request->name(), kept);
    return Answer();
  }
  grpc::Status ListArtifacts(grpc::ServerContext*, const v1::ListArtifactsRequest* request,
                             v1::ListArtifactsResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++pages_;
    auto it = kept_.upper_bound(request->page_token());
    for (; it != kept_.end() && response->artifacts_size() < 2; ++it) {
      *response->add_artifacts() = Message(it->first, it->second);
    }
    if (it != kept_.end()) response->set_next_page_token(std::prev(it)->first);
    return grpc::Status::OK;
  }
  grpc::Status DeleteArtifact(grpc::ServerContext*, const v1::DeleteArtifactRequest* request,
                              v1::DeleteArtifactResponse*) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (kept_.erase(request->name()) == 0) return {grpc::StatusCode::NOT_FOUND, "there is none"};
    return Answer();
  }

 private:
  struct Kept {
    std::string bytes;
    bool whole = false;
  };

  static std::string Sum(const std::string& bytes) {
    std::string sum(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(&sum[0]));
    return sum;
  }

  grpc::Status Take(const v1::PutArtifactRequest& request, Kept* kept) {
    const uint64_t offset = request.offset();
    const std::string& sum = request.sha256();
    if (kept->whole) {
      const uint64_t end = offset + request.data().size();
      const bool other = end > kept->bytes.size() || (request.end() && end != kept->bytes.size()) ||
                         (request.end() && !sum.empty() && sum != Sum(kept->bytes));
      if (other) return {grpc::StatusCode::ALREADY_EXISTS, "it is another"};
      return grpc::Status::OK;
    }
    if (offset > kept->bytes.size()) return {grpc::StatusCode::OUT_OF_RANGE, "beyond"};
    const size_t known = std::min<size_t>(kept->bytes.size() - offset, request.data().size());
    kept->bytes += request.data().substr(known);
    kept->whole = request.end();
    if (!kept->whole || sum.empty() || sum == Sum(kept->bytes)) return grpc::Status::OK;
    *kept = {};
    return {grpc::StatusCode::DATA_LOSS, "the whole is another"};
  }

  static v1::Artifact Message(const std::string& name, const Kept& kept) {
    v1::Artifact artifact;
    artifact.set_name(name);
    artifact.set_bytes(kept.bytes.size());
    artifact.set_whole(kept.whole);
    if (kept.whole) artifact.set_sha256(Sum(kept.bytes));
    return artifact;
  }

  grpc::Status Answer() {
    if (lose_answers.fetch_sub(1) > 0) return {grpc::StatusCode::UNAVAILABLE, "stopping"};
    return grpc::Status::OK;
  }

  std::mutex mutex_;
  std::map<std::string, Kept> kept_;  // guarded by mutex_
  std::vector<uint64_t> offsets_;     // guarded by mutex_
  std::atomic<int> pages_{0};
  FakeServer server_{this};  // the last: it uses the others
};

}  // namespace muster::client

#endif  // TESTS_CLIENT_LIBRARY_FAKE_ARTIFACT_SERVICE_H_
