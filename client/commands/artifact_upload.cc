#include "client/commands/artifact_upload.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/options/utf8_check.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

class Upload {
 public:
  Upload(const std::string& name, ArtifactSource* source, MusterClient* client)
      : name_(name), source_(source), client_(client) {}

  absl::StatusOr<Uploaded> Run();

 private:
  // How it stands.
  absl::Status Ask();
  // What comes after its bytes.
  absl::Status PutNext();
  absl::Status Put(const v1::PutArtifactRequest& request);
  // Of one that is whole: whether it is the source's.
  absl::Status Compare();
  absl::Status OtherBytes() const;
  absl::Status Explain(const absl::Status& status) const;

  const std::string& name_;
  ArtifactSource* const source_;
  MusterClient* const client_;
  v1::Artifact artifact_;  // as it was told last
  uint64_t before_ = 0;
};

absl::StatusOr<Uploaded> Upload::Run() {
  absl::Status status = Ask();
  before_ = artifact_.bytes();
  while (status.ok() && !artifact_.whole()) status = PutNext();
  if (status.ok()) status = Compare();
  if (!status.ok()) return Explain(status);
  return Uploaded{artifact_, before_};
}

absl::Status Upload::Ask() {
  v1::PutArtifactRequest request;
  request.set_name(name_);
  const absl::Status text = CheckUtf8(request);
  return text.ok() ? Put(request) : text;
}

absl::Status Upload::PutNext() {
  const uint64_t at = artifact_.bytes();
  const absl::StatusOr<absl::string_view> data = source_->After(at);
  if (absl::IsOutOfRange(data.status())) return OtherBytes();
  if (!data.ok()) return data.status();
  v1::PutArtifactRequest request;
  request.set_name(name_);
  request.set_offset(at);
  request.set_data(std::string(*data));
  request.set_end(source_->EndsAt(at + data->size()));
  if (request.end()) request.set_sha256(source_->sha256());
  const absl::Status status = Put(request);
  // It has lost some, as where its machine lost power, or was removed meanwhile.
  const bool lost = absl::IsOutOfRange(status);
  if (!status.ok() && !lost) return status;
  const absl::Status asked = lost ? Ask() : status;
  if (!asked.ok() || artifact_.whole()) return asked;
  if (lost ? artifact_.bytes() < at : artifact_.bytes() > at) return asked;
  return absl::InternalError(absl::StrCat("musterd has ", artifact_.bytes(),
                                          " bytes, and does not take those after them"));
}

absl::Status Upload::Put(const v1::PutArtifactRequest& request) {
  absl::StatusOr<v1::PutArtifactResponse> response = client_->PutArtifact(request);
  if (absl::IsAlreadyExists(response.status())) {
    artifact_.set_whole(true);
    return OtherBytes();
  }
  if (!response.ok()) return response.status();
  artifact_ = std::move(*response->mutable_artifact());
  return absl::OkStatus();
}

absl::Status Upload::Compare() {
  const bool longer = source_->size() > artifact_.bytes();
  const absl::Status status = longer ? OtherBytes() : source_->ReadToEnd();
  if (!status.ok()) return status;
  const bool same = source_->read() == artifact_.bytes() && source_->sha256() == artifact_.sha256();
  return same ? absl::OkStatus() : OtherBytes();
}

absl::Status Upload::OtherBytes() const {
  return absl::AlreadyExistsError(absl::StrCat(
      "the artifact ", Visible(name_), " is there", artifact_.whole() ? "" : " in part",
      ", and has other bytes; remove it (muster artifacts rm ", Visible(name_),
      "), or choose another name"));
}

absl::Status Upload::Explain(const absl::Status& status) const {
  if (!absl::IsDataLoss(status) && !absl::IsUnavailable(status)) return status;
  const bool lost = absl::IsDataLoss(status);
  return absl::Status(
      status.code(),
      absl::StrCat(status.message(),
                   !lost ? "; the same command goes on after what musterd has"
                   : before_ > 0
                       ? "; what was there before was of another file, or this one changed "
                         "while it was read"
                       : "; did the file change while it was read?"));
}

}  // namespace

absl::StatusOr<Uploaded> UploadArtifact(const std::string& name, ArtifactSource* source,
                                        MusterClient* client) {
  return Upload(name, source, client).Run();
}

}  // namespace muster::client
