#include "ssh_engine/action/line_assembler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Chunk {
  std::string bytes;
  bool unterminated;
  bool split;
};

bool operator==(const Chunk& a, const Chunk& b) {
  return a.bytes == b.bytes && a.unterminated == b.unterminated && a.split == b.split;
}

void PrintTo(const Chunk& chunk, std::ostream* out) {
  *out << ::testing::PrintToString(chunk.bytes) << (chunk.unterminated ? " unterminated" : "")
       << (chunk.split ? " split" : "");
}

Chunk Whole(absl::string_view bytes) { return {std::string(bytes), false, false}; }
Chunk Split(absl::string_view bytes) { return {std::string(bytes), false, true}; }
Chunk Unterminated(absl::string_view bytes) { return {std::string(bytes), true, false}; }

class Assembly {
 public:
  explicit Assembly(size_t max_line) : assembler_(max_line) {}

  void Append(absl::string_view bytes) {
    assembler_.Append(bytes, [this](const OutputChunk& chunk) { Add(chunk); });
  }
  void GivePart() {
    assembler_.GivePart([this](const OutputChunk& chunk) { Add(chunk); });
  }
  void Finish() {
    assembler_.Finish([this](const OutputChunk& chunk) { Add(chunk); });
  }

  // What has come out since the last call.
  std::vector<Chunk> Take() { return std::exchange(chunks_, {}); }
  size_t held() const { return assembler_.held(); }

 private:
  void Add(const OutputChunk& chunk) {
    chunks_.push_back({std::string(chunk.bytes), chunk.unterminated, chunk.split});
  }

  LineAssembler assembler_;
  std::vector<Chunk> chunks_;
};

TEST(LineAssemblerTest, GivesWholeLinesAsOneChunkWithoutCopying) {
  const std::string input = "one\ntwo\n\nfour\n";
  LineAssembler assembler(100);
  int calls = 0;
  assembler.Append(input, [&](const OutputChunk& chunk) {
    ++calls;
    EXPECT_EQ(chunk.bytes.data(), input.data());
    EXPECT_EQ(chunk.bytes, input);
    EXPECT_FALSE(chunk.unterminated || chunk.split);
  });
  EXPECT_EQ(calls, 1);
}

TEST(LineAssemblerTest, GivesAPartOfALineWhereItIsAskedTo) {
  Assembly assembly(100);
  assembly.GivePart();
  EXPECT_THAT(assembly.Take(), IsEmpty());
  assembly.Append("a\n12%\r");
  assembly.GivePart();
  EXPECT_THAT(assembly.Take(), ElementsAre(Whole("a\n"), Split("12%\r")));
  assembly.Append("100%\nb");
  EXPECT_THAT(assembly.Take(), ElementsAre(Whole("100%\n")));
  assembly.GivePart();
  EXPECT_THAT(assembly.Take(), ElementsAre(Split("b")));
  assembly.Finish();  // all of it was given
  EXPECT_THAT(assembly.Take(), IsEmpty());
}

TEST(LineAssemblerTest, HoldsAnUnfinishedLineUntilItsEnd) {
  Assembly assembly(100);
  assembly.Append("a\nb");
  EXPECT_THAT(assembly.Take(), ElementsAre(Whole("a\n")));
  EXPECT_EQ(assembly.held(), 1);
  assembly.Append("c");
  EXPECT_THAT(assembly.Take(), IsEmpty());
  assembly.Append("d\ne\nf\ng");
  EXPECT_THAT(assembly.Take(), ElementsAre(Whole("bcd\n"), Whole("e\nf\n")));
  EXPECT_EQ(assembly.held(), 1);
}

TEST(LineAssemblerTest, CopiesOnlyTheLineThatWasHeld) {
  const std::string input = "d\ne\nf\n";
  LineAssembler assembler(100);
  assembler.Append("abc", [](const OutputChunk&) { FAIL() << "nothing is whole yet"; });
  std::vector<const char*> starts;
  assembler.Append(input, [&](const OutputChunk& chunk) { starts.push_back(chunk.bytes.data()); });
  ASSERT_EQ(starts.size(), 2);
  EXPECT_EQ(starts[1], input.data() + 2);
}

TEST(LineAssemblerTest, FinishGivesTheRestOnce) {
  Assembly assembly(100);
  assembly.Append("a\nb");
  assembly.Take();
  assembly.Finish();
  EXPECT_THAT(assembly.Take(), ElementsAre(Unterminated("b")));
  assembly.Finish();
  EXPECT_THAT(assembly.Take(), IsEmpty());
}

TEST(LineAssemblerTest, NothingInNothingOut) {
  Assembly assembly(100);
  assembly.Append("");
  assembly.Append(absl::string_view());
  assembly.Finish();
  EXPECT_THAT(assembly.Take(), IsEmpty());
}

TEST(LineAssemblerTest, NulBytesAndCarriageReturnsPassUnchanged) {
  const std::string input("a\0b\r\n\0\n\r\n\xff\xfe\n", 12);
  Assembly assembly(100);
  assembly.Append(input);
  EXPECT_THAT(assembly.Take(), ElementsAre(Whole(input)));
}

TEST(LineAssemblerTest, SplitsALineThatIsLongerThanTheLimit) {
  Assembly assembly(4);
  assembly.Append("ab\n12345678\ncd\n");
  EXPECT_THAT(assembly.Take(), ElementsAre(Split("ab\n1234"), Split("5678"), Whole("\ncd\n")));
}

TEST(LineAssemblerTest, ALineOfExactlyTheLimitIsNotSplit) {
  Assembly assembly(4);
  assembly.Append("123\n");
  EXPECT_THAT(assembly.Take(), ElementsAre(Whole("123\n")));
  assembly.Append("1234");
  EXPECT_THAT(assembly.Take(), IsEmpty());
  EXPECT_EQ(assembly.held(), 4);
  assembly.Finish();
  EXPECT_THAT(assembly.Take(), ElementsAre(Unterminated("1234")));
}

TEST(LineAssemblerTest, AHeldLineThatGoesOnPastTheLimitIsSplit) {
  Assembly assembly(4);
  assembly.Append("123");
  assembly.Append("4");
  EXPECT_THAT(assembly.Take(), IsEmpty());
  assembly.Append("\n");
  EXPECT_THAT(assembly.Take(), ElementsAre(Split("1234"), Whole("\n")));
  EXPECT_EQ(assembly.held(), 0);
}

TEST(LineAssemblerTest, ALimitOfZeroCountsAsOne) {
  Assembly assembly(0);
  assembly.Append("ab\n");
  EXPECT_THAT(assembly.Take(), ElementsAre(Split("a"), Split("b"), Whole("\n")));
}

TEST(LineAssemblerTest, ATenMebibyteLineComesInPieces) {
  constexpr size_t kLimit = 64 * 1024;
  const std::string line(10 * 1024 * 1024, 'x');
  Assembly assembly(kLimit);
  assembly.Append(line);
  assembly.Append("\n");
  const std::vector<Chunk> chunks = assembly.Take();
  ASSERT_EQ(chunks.size(), line.size() / kLimit + 1);
  for (size_t i = 0; i + 1 < chunks.size(); ++i) {
    EXPECT_TRUE(chunks[i].split);
    EXPECT_EQ(chunks[i].bytes.size(), kLimit);
  }
  EXPECT_EQ(chunks.back(), Whole("\n"));
}

// Random input of `size` bytes whose lines are mostly shorter, sometimes longer than `max_line`.
std::string RandomInput(std::mt19937* random, size_t size, size_t max_line) {
  static constexpr char kBytes[] = {'a', '\0', '\r', '\xff', ' '};
  const int line_ends = std::uniform_int_distribution<int>(1, 2 * max_line)(*random);
  std::string input(size, '\0');
  for (char& byte : input) {
    byte = (*random)() % line_ends == 0 ? '\n' : kBytes[(*random)() % sizeof(kBytes)];
  }
  return input;
}

// One line or piece of a line a chunk, so that different groupings compare equal.
std::vector<Chunk> Lines(const std::vector<Chunk>& chunks) {
  std::vector<Chunk> lines;
  for (const Chunk& chunk : chunks) {
    size_t start = 0;
    while (start < chunk.bytes.size()) {
      const size_t newline = chunk.bytes.find('\n', start);
      const size_t end = newline == std::string::npos ? chunk.bytes.size() : newline + 1;
      const bool last = end == chunk.bytes.size();
      lines.push_back({chunk.bytes.substr(start, end - start), last && chunk.unterminated,
                       last && chunk.split});
      start = end;
    }
  }
  return lines;
}

// What the contract says of `input`, computed in the most obvious way.
std::vector<Chunk> Expected(absl::string_view input, size_t max_line) {
  std::vector<Chunk> lines;
  while (!input.empty()) {
    const size_t newline = input.find('\n');
    const bool ends = newline != absl::string_view::npos;
    const size_t length = ends ? newline + 1 : input.size();
    const bool split = length > max_line;
    const size_t taken = split ? max_line : length;
    lines.push_back({std::string(input.substr(0, taken)), !ends && !split, split});
    input.remove_prefix(taken);
  }
  return lines;
}

TEST(LineAssemblerTest, RandomChunkingsGiveTheSameLines) {
  std::mt19937 random(20230611);
  for (int round = 0; round < 3000; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    const size_t max_line = 1 + random() % 40;
    const std::string input = RandomInput(&random, random() % 600, max_line);
    const size_t max_append = 1 + random() % 100;
    Assembly assembly(max_line);
    std::vector<Chunk> chunks;
    for (size_t at = 0; at < input.size();) {
      const size_t length = std::min<size_t>(random() % (max_append + 1), input.size() - at);
      assembly.Append(absl::string_view(input).substr(at, length));
      at += length;
      ASSERT_LE(assembly.held(), max_line);
      for (Chunk& chunk : assembly.Take()) chunks.push_back(std::move(chunk));
    }
    assembly.Finish();
    for (Chunk& chunk : assembly.Take()) chunks.push_back(std::move(chunk));

    for (const Chunk& chunk : chunks) {
      ASSERT_FALSE(chunk.bytes.empty());
      ASSERT_EQ(chunk.bytes.back() == '\n', !chunk.split && !chunk.unterminated);
    }
    ASSERT_EQ(Lines(chunks), Expected(input, max_line));
  }
}

}  // namespace
}  // namespace muster::engine
