// --output-dir: a file for each host and stream.
#ifndef CLIENT_OUTPUT_OUTPUT_FILES_H_
#define CLIENT_OUTPUT_OUTPUT_FILES_H_

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/output/file_name.h"
#include "client/output/printer.h"

namespace muster::client {

// Writes DIR/HOST, also where the host wrote nothing, and DIR/HOST.err where it wrote to standard
// error: the bytes as they came, as they come. A file that is there is replaced by a new one, so
// nothing is ever written through a link; other files are left alone. At most 256 are open at a
// time. Not thread-safe.
class OutputFiles final : public Printer {
 public:
  // Makes the folder where it is not there. An error says why it cannot be used.
  static absl::StatusOr<std::unique_ptr<OutputFiles>> Open(const std::string& folder);
  ~OutputFiles() override;

  void OnEvent(const v1::Event& event, const RunView& view) override;
  void OnEnd(const RunView& view) override;
  absl::Status status() const override { return status_; }

 private:
  using Key = std::pair<uint32_t, bool>;  // a host, and whether it is its standard error
  struct OpenFile {
    int fd;
    std::list<Key>::iterator place;
  };

  OutputFiles(const std::string& folder, int folder_fd) : folder_(folder), folder_fd_(folder_fd) {}
  const std::string& NameOf(uint32_t host_index, const RunView& view);
  // The file, ready to be written to; -1: it cannot be.
  int FileOf(const Key& key, const RunView& view);
  int OpenFor(const Key& key, const RunView& view);
  void Write(const Key& key, absl::string_view data, const RunView& view);
  void CloseOldest();
  void Close(const Key& key);
  void Fail(const std::string& name, int error);

  const std::string folder_;
  const int folder_fd_;
  FileNames names_;
  absl::flat_hash_map<uint32_t, std::string> name_of_;
  absl::flat_hash_map<Key, bool> made_;  // by us: further data is appended
  absl::flat_hash_map<Key, OpenFile> open_;
  std::list<Key> used_;  // the last used first
  absl::Status status_;  // the first that went wrong
};

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_OUTPUT_FILES_H_
