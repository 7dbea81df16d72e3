#include "service/store/sqlite/catalog_schema.h"

#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

// run.run, result.results: messages of the contract. starting.hosts: indexes, four bytes each, the
// low one first. result.states has the bit 1 << state of each host that it holds; from version 3 on
// 1 << (state - 64).
constexpr char kVersion1[] = R"(
PRAGMA application_id = 1297437524;
CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  fence INTEGER NOT NULL
);
INSERT INTO store VALUES (1, 0);
CREATE TABLE run (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  creator TEXT NOT NULL,
  request_id TEXT,
  create_time INTEGER NOT NULL,
  ended_at INTEGER,
  run BLOB NOT NULL
);
CREATE UNIQUE INDEX run_request ON run (creator, request_id) WHERE request_id IS NOT NULL;
CREATE INDEX run_unfinished ON run (id) WHERE ended_at IS NULL;
CREATE TABLE starting (
  number INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  hosts BLOB NOT NULL
);
CREATE INDEX starting_run ON starting (run);
CREATE TABLE result (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  first_host INTEGER NOT NULL,
  states INTEGER NOT NULL,
  results BLOB NOT NULL,
  UNIQUE (run, first_host)
);
)";

// LogEnd.
constexpr char kVersion2[] = R"(
CREATE TABLE log_end (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  segment INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (run, segment)
);
)";

// Terminal states had other numbers, and a rollout's amounts were text: old_format.h. Ids say
// nothing of the order any more: run.number does.
constexpr char kVersion3[] = R"(
ALTER TABLE run ADD COLUMN request_digest BLOB;
UPDATE run SET run = renew_run(run);
UPDATE result SET states = states >> 6, results = renew_results(results);
)";

constexpr const char* kSteps[] = {kVersion1, kVersion2, kVersion3};

absl::StatusOr<int64_t> Version(Database* database) {
  Query query(database, "PRAGMA user_version");
  const absl::StatusOr<bool> row = query.Step();
  if (!row.ok()) return row.status();
  return query.Int(0);
}

absl::Status Take(Database* database, const char* step, int64_t version) {
  Transaction transaction(database);
  if (absl::Status status = transaction.Begin(); !status.ok()) return status;
  if (absl::Status status = database->Execute(step); !status.ok()) return status;
  absl::Status status = database->Execute(absl::StrCat("PRAGMA user_version = ", version));
  return status.ok() ? transaction.Commit() : status;
}

}  // namespace

absl::Span<const char* const> CatalogSteps() { return kSteps; }

absl::Status Migrate(Database* database, absl::Span<const char* const> steps) {
  absl::StatusOr<int64_t> version = Version(database);
  if (!version.ok()) return version.status();
  const auto known = static_cast<int64_t>(steps.size());
  if (*version < 0 || *version > known) {
    return absl::FailedPreconditionError(absl::StrCat(
        database->path(), " has schema version ", *version, ", and this musterd knows up to ",
        known, ": a newer one has written it; run that one, or use another directory"));
  }
  for (int64_t next = *version; next < known; ++next) {
    absl::Status status = Take(database, steps[static_cast<size_t>(next)], next + 1);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace muster::service
