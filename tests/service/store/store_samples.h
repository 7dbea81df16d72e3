// Runs, events and folders for the tests of stores.
#ifndef TESTS_SERVICE_STORE_STORE_SAMPLES_H_
#define TESTS_SERVICE_STORE_STORE_SAMPLES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "service/events/event_block.h"
#include "service/store/run_store.h"

namespace muster::service {

// A folder of the test's own, removed at the end.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

NewRun SampleRun(const std::string& id, const std::string& request_id = "",
                 const std::string& creator = "ann");
EndedRun SampleEnd(const std::string& id, size_t hosts = 0,
                   v1::RunState state = v1::RUN_STATE_SUCCEEDED);
JournalCommit AddOf(NewRun run);
JournalCommit StartOf(const std::string& id, std::vector<uint32_t> hosts);
JournalCommit EndOf(EndedRun run);

// A block of `count` events of about `size` bytes each, from `first` on; the text tells which.
struct SampleBlock {
  SampleBlock(uint64_t first, uint32_t count, size_t size = 20);
  LogBlock block() const { return {first, count, bytes}; }

  uint64_t first;
  uint32_t count;
  std::string bytes;
};

absl::Status AppendEvents(RunStore* store, const std::string& id, uint64_t first, uint32_t count,
                          size_t size = 20);

// The sequences in a part of a log.
std::vector<uint64_t> Sequences(const std::string& bytes);
// Reads on from `after` to the end, in parts; checks each part, and gives all bytes.
absl::StatusOr<std::string> ReadAll(const RunStore& store, const std::string& id,
                                    uint64_t after = 0, size_t max_bytes = 1000);

}  // namespace muster::service

#endif  // TESTS_SERVICE_STORE_STORE_SAMPLES_H_
