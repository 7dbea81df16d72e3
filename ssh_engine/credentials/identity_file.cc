#include "ssh_engine/credentials/identity_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/base/secret.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/credentials/openssh_key.h"

namespace muster::engine {
namespace {

constexpr off_t kMaxFile = 1024 * 1024;  // bytes; what ssh takes

struct KeyFile {
  Secret text;
  struct stat info;
};

absl::StatusOr<Secret> ReadAll(int fd, size_t size, const std::string& path) {
  Secret text(size);
  size_t done = 0;
  while (done < size) {
    const ssize_t got = read(fd, text.data() + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
    if (got == 0) return absl::AbortedError(absl::StrCat(path, " changed while it was read"));
    done += got;
  }
  return text;
}

absl::StatusOr<KeyFile> ReadKeyFile(const std::string& path) {
  // Not to be held up by a FIFO.
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) {
    const int error = errno == ENOTDIR ? ENOENT : errno;
    const absl::Status status = absl::ErrnoToStatus(error, absl::StrCat("cannot open ", path));
    // What the caller's own files do not allow is not what a policy denies.
    if (!absl::IsPermissionDenied(status)) return status;
    return absl::FailedPreconditionError(status.message());
  }
  struct stat info = {};
  if (fstat(fd.get(), &info) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is not a regular file"));
  }
  if (info.st_size > kMaxFile) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is not a key: it is larger than ", kMaxFile, " bytes"));
  }
  absl::StatusOr<Secret> text = ReadAll(fd.get(), info.st_size, path);
  if (!text.ok()) return text.status();
  return KeyFile{*std::move(text), info};
}

// As ssh does (authfile.c, sshkey_perm_ok): only a file of one's own must be closed to others, so
// that root may use keys that are provided for it.
absl::Status CheckPermissions(const std::string& path, const struct stat& info) {
  if (info.st_uid != getuid() || (info.st_mode & 077) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("%s may be read by others (permissions %04o), so it is not used; run: chmod "
                      "600 %s",
                      path, info.st_mode & 07777, path));
}

// "TYPE BASE64 COMMENT"
absl::optional<std::string> ParsePublicLine(absl::string_view text) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(text.substr(0, text.find('\n')), absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
  std::string blob;
  if (words.size() < 2 || !absl::Base64Unescape(words[1], &blob)) return absl::nullopt;
  if (KeyTypeOf(blob) != words[0]) return absl::nullopt;
  return blob;
}

std::string WhyNotAKey(absl::string_view text) {
  if (ParsePublicLine(text)) {
    return "it holds a public key, and no ssh-agent has the private one; name the file with the "
           "private key";
  }
  if (absl::StartsWith(KeyTypeOf(OpenSshPublicBlob(text).value_or("")), "sk-")) {
    return "it is the handle of a key on a security token (FIDO), which only an ssh-agent can have "
           "sign: add it with ssh-add";
  }
  if (absl::StartsWith(text, "PuTTY-User-Key-File")) {
    return "it is in PuTTY's format; convert it with: puttygen FILE -O private-openssh -o NEW_FILE";
  }
  return "";
}

}  // namespace

absl::StatusOr<Secret> ReadSecretFile(const std::string& path) {
  absl::StatusOr<KeyFile> file = ReadKeyFile(path);
  if (!file.ok()) return file.status();
  if (absl::Status permitted = CheckPermissions(path, file->info); !permitted.ok()) {
    return permitted;
  }
  return std::move(file->text);
}

absl::StatusOr<SshKey> LoadPrivateKey(const std::string& path, const std::string& passphrase) {
  const absl::StatusOr<KeyFile> file = ReadKeyFile(path);
  if (!file.ok()) return file.status();
  const std::string& text = file->text.get();
  if (const std::string why = WhyNotAKey(text); !why.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, " cannot be used: ", why));
  }
  if (absl::Status permitted = CheckPermissions(path, file->info); !permitted.ok()) {
    return permitted;
  }
  absl::StatusOr<SshKey> key = ImportPrivateKey(text, passphrase);
  if (key.ok()) return key;
  std::string message = absl::StrCat(path, " is ", key.status().message());
  if (absl::IsFailedPrecondition(key.status())) {
    absl::StrAppend(&message, "; add it to ssh-agent (ssh-add ", path, ") or use --ask-passphrase");
  }
  return absl::Status(key.status().code(), message);
}

absl::optional<std::string> FindPublicBlob(const std::string& path) {
  if (const absl::StatusOr<KeyFile> file = ReadKeyFile(path); file.ok()) {
    if (auto blob = OpenSshPublicBlob(file->text.get())) return blob;
    if (auto blob = ParsePublicLine(file->text.get())) return blob;
  }
  const absl::StatusOr<KeyFile> file = ReadKeyFile(path + ".pub");
  return file.ok() ? ParsePublicLine(file->text.get()) : absl::nullopt;
}

absl::optional<std::string> FindCertificateBlob(const std::string& path) {
  const absl::StatusOr<KeyFile> file = ReadKeyFile(path);
  if (file.status().code() == absl::StatusCode::kNotFound) return absl::nullopt;
  if (!file.ok()) return "";
  return ParsePublicLine(file->text.get()).value_or("");
}

}  // namespace muster::engine
