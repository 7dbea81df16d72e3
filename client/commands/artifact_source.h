// What an artifact is made of.
#ifndef CLIENT_COMMANDS_ARTIFACT_SOURCE_H_
#define CLIENT_COMMANDS_ARTIFACT_SOURCE_H_

#include <openssl/evp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/contract/limits.h"

namespace muster::client {

// The bytes of a file or pipe, a piece at a time, and the SHA-256 of all of them. Those of a file
// may be asked for again; each counts once. Not thread-safe.
class ArtifactSource {
 public:
  static constexpr size_t kPieceBytes = kMaxInputBytes;

  // "", "-": standard input, from where it stands. Errors say which file, and why.
  static absl::StatusOr<std::unique_ptr<ArtifactSource>> Open(const std::string& path);
  ~ArtifactSource();
  ArtifactSource(const ArtifactSource&) = delete;
  ArtifactSource& operator=(const ArtifactSource&) = delete;

  // What comes after the first `offset` bytes, at most kPieceBytes; empty: nothing does. Valid
  // until the next call, which may wait for a pipe.
  //   OUT_OF_RANGE         there are fewer
  //   FAILED_PRECONDITION  they were read before, and a pipe does not give them again
  absl::StatusOr<absl::string_view> After(uint64_t offset);
  // Whether nothing comes after the first `offset` bytes, as far as it was read.
  bool EndsAt(uint64_t offset) const { return ended_ && offset == read_; }
  absl::Status ReadToEnd();
  // Of all bytes, once the end was read: 32 bytes.
  const std::string& sha256() const { return sha256_; }

  // How many bytes were read, each once.
  uint64_t read() const { return read_; }
  // How many there will be; 0: a pipe does not say.
  uint64_t size() const { return size_; }
  // Called after each piece that is read, by who reads it.
  void OnRead(std::function<void()> on_read) { on_read_ = std::move(on_read); }

 private:
  ArtifactSource(int fd, std::string name);

  // The piece that begins there, none of which is beyond what comes next.
  absl::Status Fill(uint64_t offset);
  // Until the piece is full, or the end.
  absl::StatusOr<size_t> Read(uint64_t offset);
  // Takes note of the bytes of the piece that were not read before.
  void Count(size_t size);

  const int fd_;
  const std::string name_;  // for messages
  bool seekable_ = false;
  uint64_t base_ = 0;  // where in the file it begins
  uint64_t size_ = 0;
  std::function<void()> on_read_ = [] {};
  std::string buffer_;
  uint64_t begin_ = 0;  // the piece's place
  size_t piece_ = 0;    // its bytes
  uint64_t read_ = 0;
  bool ended_ = false;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest_;
  std::string sha256_;
};

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_ARTIFACT_SOURCE_H_
