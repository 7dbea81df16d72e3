// A RunService that plays a run, and breaks its streams.
#ifndef TESTS_CLIENT_LIBRARY_FAKE_RUN_SERVICE_H_
#define TESTS_CLIENT_LIBRARY_FAKE_RUN_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "muster/v1/run_service.grpc.pb.h"
#include "tests/client/library/fake_server.h"

namespace muster::client {

// The run "r1" has `events` events; each stream
// ends with UNAVAILABLE after `per_stream` of them, until `breaks` have.
class FakeRunService final : public v1::RunService::Service {
 public:
  FakeRunService(uint64_t events, uint64_t per_stream, int breaks)
      : events_(events), per_stream_(per_stream), breaks_(breaks) {}

  std::string address() const { return server_.address(); }
  int streams() const { return streams_; }
  // How many calls are still to be refused.
  std::atomic<int> refuse{0};
  // Of the runs that there are, newest first. Not while it is called.
  std::vector<std::string> ids;
  // Leaves out the next event.
  std::atomic<bool> skip_one{false};
  std::vector<std::string> request_ids() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return request_ids_;
  }

  grpc::Status CreateAndWatchRun(
      grpc::ServerContext*, const v1::CreateAndWatchRunRequest* request,
      grpc::ServerWriter<v1::CreateAndWatchRunResponse>* writer) override {
    if (Refuses(request->request_id())) return Unavailable();
    return Play<v1::CreateAndWatchRunResponse>(0, writer);
  }
  grpc::Status WatchRun(grpc::ServerContext*, const v1::WatchRunRequest* request,
                        grpc::ServerWriter<v1::WatchRunResponse>* writer) override {
    return Play<v1::WatchRunResponse>(request->after_sequence(), writer);
  }
  // The run, and after it "r2", unless the stream breaks before.
  grpc::Status WatchRuns(grpc::ServerContext*, const v1::WatchRunsRequest*,
                         grpc::ServerWriter<v1::WatchRunsResponse>* writer) override {
    const bool breaks = streams_++ < breaks_;
    for (const char* id : {"r1", "r2"}) {
      v1::WatchRunsResponse message;
      message.add_runs()->set_id(id);
      writer->Write(message);
      if (breaks) return Unavailable();
    }
    return grpc::Status::OK;
  }
  grpc::Status ListRuns(grpc::ServerContext*, const v1::ListRunsRequest* request,
                        v1::ListRunsResponse* response) override {
    for (const std::string& id : ids) {
      const bool full = response->runs_size() == static_cast<int>(request->page_size());
      if (!full && id.compare(0, request->id_prefix().size(), request->id_prefix()) == 0) {
        response->add_runs()->set_id(id);
      }
    }
    return grpc::Status::OK;
  }
  grpc::Status CreateRun(grpc::ServerContext*, const v1::CreateRunRequest* request,
                         v1::CreateRunResponse* response) override {
    if (Refuses(request->request_id())) return Unavailable();
    response->mutable_run()->set_id("r1");
    return grpc::Status::OK;
  }
  grpc::Status ResumeRun(grpc::ServerContext*, const v1::ResumeRunRequest*,
                         v1::ResumeRunResponse* response) override {
    if (Refuses("")) return Unavailable();
    response->mutable_run()->set_id("r1");
    return grpc::Status::OK;
  }

 private:
  static grpc::Status Unavailable() { return {grpc::StatusCode::UNAVAILABLE, "stopping"}; }

  bool Refuses(const std::string& request_id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    request_ids_.push_back(request_id);
    return refuse.fetch_sub(1) > 0;
  }

  v1::Run EndedRun() const {
    v1::Run run;
    run.set_id("r1");
    run.set_state(v1::RUN_STATE_SUCCEEDED);
    run.set_last_sequence(events_);
    return run;
  }

  // One event a message, the run in the first and in the last. The run has ended already.
  template <typename Response>
  grpc::Status Play(uint64_t after, grpc::ServerWriter<Response>* writer) {
    const bool breaks = streams_++ < breaks_;
    Response head;
    *head.mutable_run() = EndedRun();
    writer->Write(head);
    for (uint64_t sequence = after + 1; sequence <= events_; ++sequence) {
      if (breaks && sequence > after + per_stream_) return Unavailable();
      if (skip_one.exchange(false)) continue;
      Response message;
      message.add_events()->set_sequence(sequence);
      writer->Write(message);
    }
    Response tail;
    *tail.mutable_run() = EndedRun();
    writer->Write(tail);
    return grpc::Status::OK;
  }

  const uint64_t events_;
  const uint64_t per_stream_;
  const int breaks_;
  std::atomic<int> streams_{0};
  std::mutex mutex_;
  std::vector<std::string> request_ids_;
  FakeServer server_{this};  // the last: it uses the others
};

}  // namespace muster::client

#endif  // TESTS_CLIENT_LIBRARY_FAKE_RUN_SERVICE_H_
