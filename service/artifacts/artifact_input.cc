#include "service/artifacts/artifact_input.h"

#include <string>
#include <utility>

namespace muster::service {
namespace {

using Block = ArtifactBlocks::Block;

// What a block has from `position` on, in an artifact of `size` bytes.
engine::InputPiece PieceOf(const absl::StatusOr<Block>& block, uint64_t position, uint64_t size) {
  if (!block.ok()) return {nullptr, "", false, std::string(block.status().message())};
  absl::string_view bytes = **block;
  bytes.remove_prefix(static_cast<size_t>(position % ArtifactBlocks::kBlockBytes));
  return {*block, bytes, position + bytes.size() == size, ""};
}

class ArtifactInput final : public engine::InputSource {
 public:
  ArtifactInput(std::shared_ptr<const OpenArtifact> artifact,
                std::shared_ptr<ArtifactBlocks> blocks)
      : artifact_(std::move(artifact)), blocks_(std::move(blocks)) {}

  engine::InputPiece Read(uint32_t host, uint64_t position, Later later) override {
    const uint64_t size = artifact_->bytes;
    if (position >= size) return {nullptr, "", true, ""};
    const Block block = blocks_->Get(
        artifact_, position / ArtifactBlocks::kBlockBytes,
        [position, size, later = std::move(later)](const absl::StatusOr<Block>& block) mutable {
          later(PieceOf(block, position, size));
        });
    return block != nullptr ? PieceOf(block, position, size) : engine::InputPiece();
  }

 private:
  const std::shared_ptr<const OpenArtifact> artifact_;
  const std::shared_ptr<ArtifactBlocks> blocks_;
};

}  // namespace

std::shared_ptr<engine::InputSource> NewArtifactInput(std::string name, UniqueFd file,
                                                      uint64_t bytes,
                                                      std::shared_ptr<ArtifactBlocks> blocks) {
  const std::shared_ptr<const OpenArtifact> artifact(
      new OpenArtifact{std::move(name), std::move(file), bytes, blocks->NewId()});
  return std::make_shared<ArtifactInput>(artifact, std::move(blocks));
}

}  // namespace muster::service
