#include "service/store/sqlite/sqlite_database.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"

namespace muster::service {
namespace {

constexpr int kBusyMilliseconds = 10000;

// In write-ahead mode, FULL syncs the log at each commit.
constexpr char kSettings[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA journal_size_limit = 67108864;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF;";

int LastError(sqlite3_file* file) {
  int error = 0;
  if (file == nullptr || file->pMethods == nullptr) return 0;
  file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
  return error;
}

// sqlite3_system_errno knows nothing of what failed while it was committed: the files do.
int SystemError(sqlite3* db) {
  for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    if (sqlite3_file_control(db, "main", which, &file) != SQLITE_OK) continue;
    if (const int error = LastError(file); error != 0) return error;
  }
  return sqlite3_system_errno(db);
}

bool IsFull(int code, int system_error) {
  return code == SQLITE_FULL ||
         (code == SQLITE_IOERR &&
          (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG));
}

void Call(sqlite3_context* context, int, sqlite3_value** values) {
  const auto function = reinterpret_cast<Database::Function>(sqlite3_user_data(context));
  const auto* blob = static_cast<const char*>(sqlite3_value_blob(values[0]));
  const auto size = static_cast<size_t>(sqlite3_value_bytes(values[0]));
  const absl::optional<std::string> made = function(absl::string_view(blob, size));
  if (!made.has_value()) return sqlite3_result_error(context, "it cannot be decoded", -1);
  sqlite3_result_blob64(context, made->data(), made->size(), SQLITE_TRANSIENT);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path,
                                                         const std::string& vfs) {
  std::unique_ptr<Database> database(new Database(path));
  // No mutex: each connection is one thread's at a time.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code =
      sqlite3_open_v2(path.c_str(), &database->db_, flags, vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) return database->Error();
  sqlite3_extended_result_codes(database->db_, 1);
  sqlite3_busy_timeout(database->db_, kBusyMilliseconds);
  sqlite3_db_config(database->db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (absl::Status status = database->Execute(kSettings); !status.ok()) return status;
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

absl::Status Database::Execute(const std::string& sql) {
  return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK ? absl::OkStatus()
                                                                                : Error();
}

absl::Status Database::AddFunction(const char* name, Function function) {
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  return sqlite3_create_function_v2(db_, name, 1, flags, reinterpret_cast<void*>(function), Call,
                                    nullptr, nullptr, nullptr) == SQLITE_OK
             ? absl::OkStatus()
             : Error();
}

int64_t Database::last_row_id() const { return sqlite3_last_insert_rowid(db_); }

absl::StatusOr<sqlite3_stmt*> Database::Prepare(absl::string_view sql) {
  const auto found = prepared_.find(sql);
  if (found != prepared_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr) != SQLITE_OK) {
    return Error();
  }
  prepared_.emplace(sql, statement);
  return statement;
}

absl::Status Database::Error() const {
  const int code = sqlite3_extended_errcode(db_) & 0xff;
  const bool of_system = code == SQLITE_IOERR || code == SQLITE_CANTOPEN || code == SQLITE_FULL;
  const int system_error = of_system && db_ != nullptr ? SystemError(db_) : 0;
  std::string text = absl::StrCat(path_, ": ", sqlite3_errmsg(db_));
  if (system_error != 0) absl::StrAppend(&text, " (", std::strerror(system_error), ")");
  if (IsFull(code, system_error)) {
    return WithReason(absl::ResourceExhaustedError(text), v1::ERROR_REASON_DISK_FULL);
  }
  if (code == SQLITE_CONSTRAINT) return absl::AlreadyExistsError(text);
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    return absl::DataLossError(absl::StrCat(
        text,
        "; stop the daemon and restore the file from a copy, repair it (sqlite3 FILE .recover), "
        "or move it away together with its -wal and -shm files: then all runs are forgotten"));
  }
  return absl::UnavailableError(text);
}

Query::Query(Database* database, absl::string_view sql) : database_(database) {
  const absl::StatusOr<sqlite3_stmt*> statement = database->Prepare(sql);
  status_ = statement.status();
  if (statement.ok()) statement_ = *statement;
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::BindInt(int parameter, int64_t value) {
  if (statement_ != nullptr) sqlite3_bind_int64(statement_, parameter, value);
  return *this;
}

Query& Query::BindText(int parameter, absl::string_view value) {
  if (statement_ != nullptr) {
    sqlite3_bind_text64(statement_, parameter, value.data(), value.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
  }
  return *this;
}

Query& Query::BindBlob(int parameter, absl::string_view value) {
  if (statement_ != nullptr) {
    // Without a pointer it would be NULL.
    sqlite3_bind_blob64(statement_, parameter, value.empty() ? "" : value.data(), value.size(),
                        SQLITE_TRANSIENT);
  }
  return *this;
}

absl::StatusOr<bool> Query::Step() {
  if (!status_.ok()) return status_;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return status_ = database_->Error();
}

absl::Status Query::Run() { return Step().status(); }

int64_t Query::Int(int column) const { return sqlite3_column_int64(statement_, column); }

absl::string_view Query::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  return {static_cast<const char*>(bytes),
          static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Query::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

absl::Status Transaction::Begin() {
  absl::Status status = database_->Execute("BEGIN IMMEDIATE");
  open_ = status.ok();
  return status;
}

absl::Status Transaction::Commit() {
  absl::Status status = database_->Execute("COMMIT");
  if (status.ok()) open_ = false;
  return status;
}

Transaction::~Transaction() {
  // Where SQLite has rolled back by itself this fails, and that is fine.
  if (open_) (void)database_->Execute("ROLLBACK");
}

}  // namespace muster::service
