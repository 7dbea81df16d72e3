// A gRPC server for fakes.
#ifndef TESTS_CLIENT_LIBRARY_FAKE_SERVER_H_
#define TESTS_CLIENT_LIBRARY_FAKE_SERVER_H_

#include <grpcpp/grpcpp.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

namespace muster::client {

// Serves one service on a unix socket in a folder of its own, until it is destroyed.
class FakeServer {
 public:
  explicit FakeServer(grpc::Service* service) {
    char folder[] = "/tmp/fake_server.XXXXXX";
    folder_ = mkdtemp(folder);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
    builder.RegisterService(service);
    server_ = builder.BuildAndStart();
  }
  ~FakeServer() {
    server_->Shutdown(std::chrono::system_clock::now());
    unlink((folder_ + "/s").c_str());
    rmdir(folder_.c_str());
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::string address() const { return "unix:" + folder_ + "/s"; }

 private:
  std::string folder_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace muster::client

#endif  // TESTS_CLIENT_LIBRARY_FAKE_SERVER_H_
