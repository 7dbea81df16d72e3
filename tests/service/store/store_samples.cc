#include "tests/service/store/store_samples.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "muster/v1/event.pb.h"
#include "muster/v1/run_service.pb.h"

namespace muster::service {

TestFolder::TestFolder() {
  std::string pattern = ::testing::TempDir() + "/store.XXXXXX";
  path_ = std::filesystem::canonical(mkdtemp(&pattern[0])).string();  // as SQLite names it
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

NewRun SampleRun(const std::string& id, const std::string& request_id, const std::string& creator) {
  NewRun run;
  run.run.set_id(id);
  run.run.set_creator(creator);
  run.run.set_state(v1::RUN_STATE_RUNNING);
  run.run.mutable_spec()->mutable_command()->set_shell("uptime " + id);
  run.run.mutable_create_time()->set_seconds(1000);
  run.request_id = request_id;
  if (!request_id.empty()) run.request_digest = "\xff" + std::string(1, '\0') + request_id;
  return run;
}

EndedRun SampleEnd(const std::string& id, size_t hosts, v1::RunState state) {
  EndedRun ended;
  ended.run = SampleRun(id).run;
  ended.run.set_state(state);
  for (size_t i = 0; i < hosts; ++i) {
    v1::HostResult& result = ended.results.emplace_back();
    result.set_host_index(static_cast<uint32_t>(i));
    result.mutable_host()->set_name("web" + std::to_string(i));
    result.set_state(i % 3 == 2 ? v1::HOST_STATE_EXITED_NONZERO : v1::HOST_STATE_SUCCEEDED);
  }
  return ended;
}

JournalCommit AddOf(NewRun run) {
  JournalCommit commit;
  commit.added.push_back(std::move(run));
  return commit;
}

JournalCommit StartOf(const std::string& id, std::vector<uint32_t> hosts) {
  JournalCommit commit;
  commit.starting.push_back({id, std::move(hosts)});
  return commit;
}

JournalCommit EndOf(EndedRun run) {
  JournalCommit commit;
  commit.ended.push_back(std::move(run));
  return commit;
}

SampleBlock::SampleBlock(uint64_t first, uint32_t count, size_t size) : first(first), count(count) {
  EventBlock events;
  for (uint32_t i = 0; i < count; ++i) {
    // Hard to compress, so that sizes are what they seem, and the same each time.
    uint64_t state = first + i;
    std::string text;
    while (text.size() < size) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      text += std::to_string(state >> 33) + "\n";
    }
    events.AddOutput(i, v1::OUTPUT_STREAM_STDOUT, text, false, false);
  }
  events.Stamp(first, absl::UnixEpoch());
  bytes = events.Take();
}

absl::Status AppendEvents(RunStore* store, const std::string& id, uint64_t first, uint32_t count,
                          size_t size) {
  const SampleBlock sample(first, count, size);
  return store->Append(store->fence(), id, {sample.block()});
}

std::vector<uint64_t> Sequences(const std::string& bytes) {
  v1::WatchRunResponse events;
  EXPECT_TRUE(events.ParseFromString(bytes));
  std::vector<uint64_t> sequences;
  for (const v1::Event& event : events.events()) sequences.push_back(event.sequence());
  return sequences;
}

absl::StatusOr<std::string> ReadAll(const RunStore& store, const std::string& id, uint64_t after,
                                    size_t max_bytes) {
  std::string all;
  while (true) {
    const absl::StatusOr<LogPart> part = store.Read(id, after, max_bytes);
    if (!part.ok()) return part.status();
    if (part->bytes.empty()) return all;
    const std::vector<uint64_t> sequences = Sequences(part->bytes);
    EXPECT_EQ(sequences.front(), after + 1);
    EXPECT_EQ(sequences.back(), part->last_sequence);
    EXPECT_EQ(sequences.size(), part->last_sequence - after);
    after = part->last_sequence;
    all += part->bytes;
  }
}

}  // namespace muster::service
