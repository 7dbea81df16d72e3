// A SQLite database. The one file that knows SQLite's API.
#ifndef SERVICE_STORE_SQLITE_SQLITE_DATABASE_H_
#define SERVICE_STORE_SQLITE_SQLITE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

struct sqlite3;
struct sqlite3_stmt;

namespace muster::service {

// One connection, in write-ahead mode: what is committed survives the loss of power, and readers do
// not wait for a writer. Not thread-safe. Errors:
//   RESOURCE_EXHAUSTED   full disk or quota
//   DATA_LOSS            damaged, or no database at all; the text says what to do
//   ALREADY_EXISTS       a unique key
//   UNAVAILABLE          anything else
class Database {
 public:
  // `vfs` names one of SQLite's file layers; empty: the usual one.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path,
                                                        const std::string& vfs);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Statements without results.
  absl::Status Execute(const std::string& sql);
  // Has statements call it as `name`, with a blob, for another one; none: the statement fails.
  // Constant as long as this lives.
  using Function = absl::optional<std::string> (*)(absl::string_view blob);
  absl::Status AddFunction(const char* name, Function function);
  int64_t last_row_id() const;
  const std::string& path() const { return path_; }

 private:
  friend class Query;

  explicit Database(std::string path) : path_(std::move(path)) {}
  absl::StatusOr<sqlite3_stmt*> Prepare(absl::string_view sql);
  absl::Status Error() const;

  const std::string path_;
  sqlite3* db_ = nullptr;
  absl::flat_hash_map<std::string, sqlite3_stmt*> prepared_;
};

// One use of a statement, which its database prepares once and keeps. At most one at a time of the
// same text. Parameters and columns are numbered as in SQLite: from 1, from 0.
class Query {
 public:
  Query(Database* database, absl::string_view sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& BindInt(int parameter, int64_t value);
  Query& BindText(int parameter, absl::string_view value);
  Query& BindBlob(int parameter, absl::string_view value);

  // True: there is a row.
  absl::StatusOr<bool> Step();
  // For a statement without rows.
  absl::Status Run();

  int64_t Int(int column) const;
  // Valid until the next step.
  absl::string_view Bytes(int column) const;
  bool IsNull(int column) const;

 private:
  Database* const database_;
  sqlite3_stmt* statement_ = nullptr;
  absl::Status status_;
};

// Takes the write lock at once, and rolls back what has not been committed.
class Transaction {
 public:
  explicit Transaction(Database* database) : database_(database) {}
  ~Transaction();
  absl::Status Begin();
  absl::Status Commit();

 private:
  Database* const database_;
  bool open_ = false;
};

}  // namespace muster::service

#endif  // SERVICE_STORE_SQLITE_SQLITE_DATABASE_H_
