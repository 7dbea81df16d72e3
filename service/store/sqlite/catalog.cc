#include "service/store/sqlite/catalog.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/delimited_message_util.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "proto/contract/states.h"
#include "service/store/old_format.h"
#include "service/store/run_query.h"
#include "service/store/sqlite/catalog_schema.h"

namespace muster::service {
namespace {

constexpr size_t kResultsARow = 256;
constexpr int64_t kCheckedBytes = 64 << 20;  // a bigger file is not read through at start
constexpr char kColumns[] = "SELECT run, request_id, request_digest, number FROM run ";

std::string EncodeHosts(const std::vector<uint32_t>& hosts) {
  std::string bytes;
  bytes.reserve(4 * hosts.size());
  for (const uint32_t host : hosts) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(host >> (8 * i)));
  }
  return bytes;
}

void DecodeHosts(absl::string_view bytes, std::vector<uint32_t>* hosts) {
  for (size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    uint32_t host = 0;
    for (size_t i = 0; i < 4; ++i) host |= uint32_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
    hosts->push_back(host);
  }
}

// Every result is terminal.
int64_t StateBit(v1::HostState state) {
  return IsTerminal(state) ? int64_t{1} << ((state - kFirstTerminalState) & 63) : 0;
}

int64_t StateBits(const std::vector<v1::HostState>& states) {
  if (states.empty()) return -1;
  int64_t bits = 0;
  for (const v1::HostState state : states) bits |= StateBit(state);
  return bits;
}

absl::Status Damaged(const Database& database, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(database.path(), ": ", what, " cannot be decoded"));
}

absl::Status CheckPages(Database* database) {
  Query size(database, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
  const absl::StatusOr<bool> row = size.Step();
  if (!row.ok()) return row.status();
  if (size.Int(0) > kCheckedBytes) return absl::OkStatus();
  Query check(database, "PRAGMA quick_check(1)");
  const absl::StatusOr<bool> found = check.Step();
  if (!found.ok()) return found.status();
  if (*found && check.Bytes(0) == "ok") return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(database->path(), " is damaged: ", check.Bytes(0),
                   "; restore it from a copy, repair it (sqlite3 FILE .recover), or move it away "
                   "together with its -wal and -shm files: then all runs are forgotten"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Catalog>> Catalog::Open(const std::string& path,
                                                       const std::string& vfs) {
  absl::StatusOr<std::unique_ptr<Database>> writer = Database::Open(path, vfs);
  if (!writer.ok()) return writer.status();
  if (absl::Status status = CheckPages(writer->get()); !status.ok()) return status;
  absl::Status status = writer->get()->AddFunction("renew_run", RenewRun);
  status.Update(writer->get()->AddFunction("renew_results", RenewResults));
  if (status.ok()) status = Migrate(writer->get(), CatalogSteps());
  if (!status.ok()) return status;
  absl::StatusOr<std::unique_ptr<Database>> reader = Database::Open(path, vfs);
  if (!reader.ok()) return reader.status();
  std::unique_ptr<Catalog> catalog(new Catalog(*std::move(writer), *std::move(reader)));
  if (absl::Status status = catalog->TakeOver(); !status.ok()) return status;
  return catalog;
}

absl::Status Catalog::TakeOver() {
  Transaction transaction(writer_.get());
  if (absl::Status status = transaction.Begin(); !status.ok()) return status;
  absl::Status status = Query(writer_.get(), "UPDATE store SET fence = fence + 1").Run();
  if (!status.ok()) return status;
  {
    Query query(writer_.get(), "SELECT fence FROM store");
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status();
    if (!*row) return Damaged(*writer_, "table store");
    fence_ = static_cast<Fence>(query.Int(0));
  }
  return transaction.Commit();
}

absl::Status Catalog::CheckFence(Fence fence) {
  Query query(writer_.get(), "SELECT fence FROM store");
  const absl::StatusOr<bool> row = query.Step();
  if (!row.ok()) return row.status();
  if (*row && fence == static_cast<Fence>(query.Int(0))) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat("another daemon has taken ", writer_->path(),
                                         " over: fence ", query.Int(0), ", this one has ", fence));
}

absl::Status Catalog::Commit(Fence fence, const JournalCommit& commit, const CommittedLogs& logs) {
  Transaction transaction(writer_.get());
  if (absl::Status status = transaction.Begin(); !status.ok()) return status;
  if (absl::Status status = CheckFence(fence); !status.ok()) return status;
  for (const NewRun& run : commit.added) {
    if (absl::Status status = Add(run); !status.ok()) return status;
  }
  for (const Starting& starting : commit.starting) {
    if (absl::Status status = Start(starting); !status.ok()) return status;
  }
  for (size_t i = 0; i < commit.ended.size(); ++i) {
    absl::Status status = End(commit.ended[i], logs.ended_at[i]);
    if (!status.ok()) return status;
  }
  if (logs.drop_ends) {
    if (absl::Status status = writer_->Execute("DELETE FROM log_end"); !status.ok()) return status;
  }
  for (const LogEnd& end : logs.ends) {
    if (absl::Status status = KeepEnd(end); !status.ok()) return status;
  }
  return transaction.Commit();
}

absl::Status Catalog::Add(const NewRun& run) {
  Query query(writer_.get(),
              "INSERT INTO run (id, creator, request_id, create_time, run, request_digest)"
              " VALUES (?, ?, ?, ?, ?, ?)");
  query.BindText(1, run.run.id()).BindText(2, run.run.creator());
  if (!run.request_id.empty()) query.BindText(3, run.request_id);
  query.BindInt(4, absl::ToUnixNanos(CreateTime(run.run))).BindBlob(5, run.run.SerializeAsString());
  query.BindBlob(6, run.request_digest);
  absl::Status status = query.Run();
  if (!absl::IsAlreadyExists(status)) return status;
  return absl::AlreadyExistsError(absl::StrCat("there is a run ", run.run.id(),
                                               " already, or one of ", run.run.creator(),
                                               " with request_id \"", run.request_id, "\""));
}

absl::StatusOr<int64_t> Catalog::Unended(absl::string_view run_id) {
  Query query(writer_.get(), "SELECT number, ended_at FROM run WHERE id = ?");
  const absl::StatusOr<bool> row = query.BindText(1, run_id).Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError(absl::StrCat("there is no run ", run_id));
  if (query.IsNull(1)) return query.Int(0);
  return absl::FailedPreconditionError(absl::StrCat("run ", run_id, " has ended"));
}

absl::Status Catalog::Start(const Starting& starting) {
  const absl::StatusOr<int64_t> number = Unended(starting.run_id);
  if (!number.ok()) return number.status();
  return Query(writer_.get(), "INSERT INTO starting (run, hosts) VALUES (?, ?)")
      .BindInt(1, *number)
      .BindBlob(2, EncodeHosts(starting.host_indexes))
      .Run();
}

absl::Status Catalog::End(const EndedRun& ended, uint64_t ended_at) {
  const absl::StatusOr<int64_t> number = Unended(ended.run.id());
  if (!number.ok()) return number.status();
  absl::Status status =
      Query(writer_.get(), "UPDATE run SET ended_at = ?, run = ? WHERE number = ?")
          .BindInt(1, static_cast<int64_t>(ended_at))
          .BindBlob(2, ended.run.SerializeAsString())
          .BindInt(3, *number)
          .Run();
  if (!status.ok()) return status;
  status = Query(writer_.get(), "DELETE FROM starting WHERE run = ?").BindInt(1, *number).Run();
  const absl::Span<const v1::HostResult> results = ended.results;
  for (size_t at = 0; status.ok() && at < results.size(); at += kResultsARow) {
    status = AddResults(*number, results.subspan(at, kResultsARow));
  }
  return status;
}

// It holds all that an older copy of the same file's end does.
absl::Status Catalog::KeepEnd(const LogEnd& end) {
  return Query(writer_.get(),
               "INSERT OR REPLACE INTO log_end (run, segment, offset, bytes) "
               "SELECT number, ?, ?, ? FROM run WHERE id = ?")
      .BindInt(1, end.segment)
      .BindInt(2, static_cast<int64_t>(end.offset))
      .BindBlob(3, end.bytes)
      .BindText(4, end.run_id)
      .Run();
}

absl::StatusOr<std::vector<LogEnd>> Catalog::LogEnds() const {
  MutexLock lock(&mutex_);
  std::vector<LogEnd> ends;
  Query query(
      reader_.get(),
      "SELECT id, segment, offset, bytes FROM log_end JOIN run ON run.number = log_end.run");
  while (true) {
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status();
    if (!*row) return ends;
    ends.push_back({std::string(query.Bytes(0)), static_cast<uint32_t>(query.Int(1)),
                    static_cast<uint64_t>(query.Int(2)), std::string(query.Bytes(3))});
  }
}

absl::Status Catalog::AddResults(int64_t number, absl::Span<const v1::HostResult> results) {
  std::string bytes;
  int64_t states = 0;
  {
    google::protobuf::io::StringOutputStream out(&bytes);
    // One for all: each clears what is left of the string's memory.
    google::protobuf::io::CodedOutputStream coded(&out);
    for (const v1::HostResult& result : results) {
      states |= StateBit(result.state());
      google::protobuf::util::SerializeDelimitedToCodedStream(result, &coded);
    }
  }
  return Query(writer_.get(),
               "INSERT INTO result (run, first_host, states, results) VALUES (?, ?, ?, ?)")
      .BindInt(1, number)
      .BindInt(2, results.front().host_index())
      .BindInt(3, states)
      .BindBlob(4, bytes)
      .Run();
}

absl::Status Catalog::Forget(Fence fence, absl::string_view run_id) {
  Transaction transaction(writer_.get());
  if (absl::Status status = transaction.Begin(); !status.ok()) return status;
  if (absl::Status status = CheckFence(fence); !status.ok()) return status;
  if (Unended(run_id).ok()) {
    return absl::FailedPreconditionError(absl::StrCat("run ", run_id, " has not ended"));
  }
  absl::Status status =
      Query(writer_.get(), "DELETE FROM run WHERE id = ?").BindText(1, run_id).Run();
  return status.ok() ? transaction.Commit() : status;
}

absl::StatusOr<std::vector<std::string>> Catalog::Ids() const {
  MutexLock lock(&mutex_);
  std::vector<std::string> ids;
  Query query(reader_.get(), "SELECT id FROM run ORDER BY id");
  while (true) {
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status();
    if (!*row) return ids;
    ids.emplace_back(query.Bytes(0));
  }
}

absl::StatusOr<size_t> Catalog::CountRuns() const {
  MutexLock lock(&mutex_);
  Query query(reader_.get(), "SELECT count(*) FROM run");
  const absl::StatusOr<bool> row = query.Step();
  if (!row.ok()) return row.status();
  return static_cast<size_t>(query.Int(0));
}

absl::Status Catalog::AddStarted(int64_t number, std::vector<uint32_t>* hosts) const {
  Query query(reader_.get(), "SELECT hosts FROM starting WHERE run = ?");
  query.BindInt(1, number);
  while (true) {
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    DecodeHosts(query.Bytes(0), hosts);
  }
  std::sort(hosts->begin(), hosts->end());
  hosts->erase(std::unique(hosts->begin(), hosts->end()), hosts->end());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<UnfinishedRun>> Catalog::Unfinished() const {
  MutexLock lock(&mutex_);
  std::vector<UnfinishedRun> runs;
  Query query(reader_.get(), absl::StrCat(kColumns, "WHERE ended_at IS NULL ORDER BY number"));
  while (true) {
    absl::StatusOr<absl::optional<NewRun>> run = ReadRun(&query);
    if (!run.ok()) return run.status();
    if (!run->has_value()) return runs;
    UnfinishedRun& unfinished = runs.emplace_back();
    unfinished.run = std::move((*run)->run);
    unfinished.request_id = std::move((*run)->request_id);
    unfinished.request_digest = std::move((*run)->request_digest);
    absl::Status status = AddStarted(query.Int(3), &unfinished.started);
    if (!status.ok()) return status;
  }
}

absl::StatusOr<absl::optional<NewRun>> Catalog::ReadRun(Query* query) const {
  const absl::StatusOr<bool> row = query->Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::optional<NewRun>();
  NewRun run;
  const absl::string_view bytes = query->Bytes(0);
  if (!run.run.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Damaged(*reader_, "a run");
  }
  run.request_id = std::string(query->Bytes(1));
  run.request_digest = std::string(query->Bytes(2));
  return absl::make_optional(std::move(run));
}

absl::StatusOr<absl::optional<NewRun>> Catalog::Find(absl::string_view id) const {
  MutexLock lock(&mutex_);
  Query query(reader_.get(), absl::StrCat(kColumns, "WHERE id = ?"));
  return ReadRun(&query.BindText(1, id));
}

absl::StatusOr<absl::optional<NewRun>> Catalog::FindRequest(absl::string_view creator,
                                                            absl::string_view request_id) const {
  MutexLock lock(&mutex_);
  Query query(reader_.get(), absl::StrCat(kColumns, "WHERE creator = ? AND request_id = ?"));
  return ReadRun(&query.BindText(1, creator).BindText(2, request_id));
}

absl::StatusOr<std::vector<ListedRun>> Catalog::List(const RunQuery& wanted) const {
  MutexLock lock(&mutex_);
  std::vector<ListedRun> runs;
  Query query(reader_.get(), absl::StrCat(kColumns,
                                          "WHERE number < ?1 AND create_time BETWEEN ?2 AND ?3"
                                          " AND (?4 = '' OR creator = ?4) ORDER BY number DESC"));
  query.BindInt(1, wanted.before)
      .BindInt(2, absl::ToUnixNanos(wanted.created_after))
      .BindInt(3, absl::ToUnixNanos(wanted.created_before))
      .BindText(4, wanted.creator);
  size_t bytes = 0;
  while (runs.size() < wanted.limit && bytes < wanted.max_bytes) {
    absl::StatusOr<absl::optional<NewRun>> run = ReadRun(&query);
    if (!run.ok()) return run.status();
    if (!run->has_value()) break;
    if (!Matches((*run)->run, wanted)) continue;
    bytes += (*run)->run.ByteSizeLong();
    runs.push_back({std::move((*run)->run), query.Int(3)});
  }
  return runs;
}

absl::StatusOr<absl::optional<OldRun>> Catalog::OldestAfter(RunNumber after) const {
  MutexLock lock(&mutex_);
  Query query(reader_.get(),
              "SELECT id, create_time, number FROM run WHERE number > ? AND ended_at IS NOT NULL"
              " ORDER BY number LIMIT 1");
  const absl::StatusOr<bool> row = query.BindInt(1, after).Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::optional<OldRun>();
  return OldRun{std::string(query.Bytes(0)), absl::FromUnixNanos(query.Int(1)), query.Int(2)};
}

absl::StatusOr<std::vector<v1::HostResult>> Catalog::Results(
    absl::string_view run_id, uint32_t first, uint32_t limit,
    const std::vector<v1::HostState>& states) const {
  MutexLock lock(&mutex_);
  Query run(reader_.get(), "SELECT number FROM run WHERE id = ? AND ended_at IS NOT NULL");
  const absl::StatusOr<bool> found = run.BindText(1, run_id).Step();
  if (!found.ok()) return found.status();
  if (!*found) return absl::NotFoundError(absl::StrCat("no run ", run_id, " has ended"));
  const int64_t bits = StateBits(states);
  Query query(reader_.get(),
              "SELECT results FROM result WHERE run = ? AND first_host > ? AND states & ? != 0"
              " ORDER BY first_host");
  query.BindInt(1, run.Int(0))
      .BindInt(2, static_cast<int64_t>(first) - static_cast<int64_t>(kResultsARow))
      .BindInt(3, bits);
  std::vector<v1::HostResult> results;
  while (results.size() < limit) {
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    const absl::string_view bytes = query.Bytes(0);
    google::protobuf::io::ArrayInputStream in(bytes.data(), static_cast<int>(bytes.size()));
    bool end = false;
    v1::HostResult result;
    while (results.size() < limit &&
           google::protobuf::util::ParseDelimitedFromZeroCopyStream(&result, &in, &end)) {
      const bool wanted = result.host_index() >= first && (StateBit(result.state()) & bits) != 0;
      if (wanted) results.push_back(result);
      result.Clear();
    }
    if (!end && results.size() < limit) return Damaged(*reader_, "a result");
  }
  return results;
}

absl::StatusOr<absl::optional<uint64_t>> Catalog::EndOf(absl::string_view run_id) const {
  MutexLock lock(&mutex_);
  Query query(reader_.get(), "SELECT ended_at FROM run WHERE id = ?");
  const absl::StatusOr<bool> row = query.BindText(1, run_id).Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError(absl::StrCat("there is no run ", run_id));
  if (query.IsNull(0)) return absl::optional<uint64_t>();
  return absl::make_optional(static_cast<uint64_t>(query.Int(0)));
}

}  // namespace muster::service
