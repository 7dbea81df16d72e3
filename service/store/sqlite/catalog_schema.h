// The tables of the catalogue, and how older ones become today's.
#ifndef SERVICE_STORE_SQLITE_CATALOG_SCHEMA_H_
#define SERVICE_STORE_SQLITE_CATALOG_SCHEMA_H_

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "service/store/sqlite/sqlite_database.h"

namespace muster::service {

// Step n makes version n + 1 out of version n. Steps that were released never change.
absl::Span<const char* const> CatalogSteps();

// Takes the steps that the database has not seen, each in a transaction of its own.
// FAILED_PRECONDITION: a newer program has written it.
absl::Status Migrate(Database* database, absl::Span<const char* const> steps);

}  // namespace muster::service

#endif  // SERVICE_STORE_SQLITE_CATALOG_SCHEMA_H_
