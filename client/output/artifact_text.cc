#include "client/output/artifact_text.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/output/progress.h"
#include "client/output/table.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

std::string TimeText(const google::protobuf::Timestamp& stamp, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixSeconds(stamp.seconds()), zone);
}

std::string SizeText(uint64_t bytes) {
  constexpr double kUnit = 1024;
  if (bytes < kUnit) return absl::StrCat(bytes, " B");
  double size = static_cast<double>(bytes) / kUnit;
  size_t unit = 0;
  constexpr absl::string_view kUnits = "KMGTPE";
  while (size >= kUnit && unit + 1 < kUnits.size()) size /= kUnit, ++unit;
  return absl::StrFormat("%.1f %ciB", size, kUnits[unit]);
}

Row RowOf(const v1::Artifact& artifact, absl::TimeZone zone) {
  return {Visible(artifact.name()), absl::StrCat(artifact.bytes()),
          TimeText(artifact.update_time(), zone),
          artifact.whole() ? absl::BytesToHexString(artifact.sha256()) : "not whole yet"};
}

}  // namespace

std::string ArtifactsTable(const std::vector<v1::Artifact>& artifacts, size_t columns,
                           absl::TimeZone zone) {
  if (artifacts.empty()) return "no artifacts\n";
  std::vector<Row> rows = {{"NAME", "BYTES", "UPDATED", "SHA256"}};
  for (const v1::Artifact& artifact : artifacts) rows.push_back(RowOf(artifact, zone));
  return TableText(rows, "lrll", columns);
}

std::string PutText(const v1::Artifact& artifact, uint64_t before) {
  const uint64_t bytes = artifact.bytes();
  return absl::StrCat("artifact ", Visible(artifact.name()), ": ", bytes, " bytes, sha256 ",
                      absl::BytesToHexString(artifact.sha256()),
                      before == 0 ? ""
                      : before == bytes
                          ? ", which was there already"
                          : absl::StrCat("; ", before, " of them were there already"));
}

std::string ReadingText(const std::string& name, uint64_t bytes, uint64_t size,
                        absl::Duration elapsed) {
  return absl::StrCat(Visible(name), ": ", SizeText(bytes),
                      size > 0 ? absl::StrCat(" of ", SizeText(size)) : "", ", ",
                      ElapsedText(elapsed));
}

}  // namespace muster::client
