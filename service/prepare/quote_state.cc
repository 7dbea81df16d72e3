#include "service/prepare/quote_state.h"

#include "absl/strings/match.h"

namespace muster::service {

// fish has escapes within '...', too; csh none within "...".
bool QuoteState::Escapes(Dialect dialect, Quoting quoting) const {
  if (quoting == Quoting::kSingle) return dialect == kFish;
  return quoting == Quoting::kNone || dialect != kCsh;
}

bool QuoteState::Confuses(char c, Quoting quoting) const {
  if (quoting == Quoting::kSingle) return false;
  if (c == '`') return true;
  if (quoting == Quoting::kDouble) return last_ == '$' && (c == '(' || c == '{');
  return (c == '#' && absl::StrContains(" \t\n;&|()", last_)) || (c == '<' && last_ == '<') ||
         (c == '\'' && last_ == '$');
}

void QuoteState::ReadAs(Dialect dialect, char c, Reader* reader) const {
  Quoting& quoting = reader->quoting;
  if (quoting == Quoting::kUncertain) return;
  if (reader->escaped) {
    reader->escaped = false;
  } else if (c == '\\' && Escapes(dialect, quoting)) {
    reader->escaped = true;
  } else if (Confuses(c, quoting)) {
    quoting = Quoting::kUncertain;
  } else if (c == '\'' && quoting != Quoting::kDouble) {
    quoting = quoting == Quoting::kNone ? Quoting::kSingle : Quoting::kNone;
  } else if (c == '"' && quoting != Quoting::kSingle) {
    quoting = quoting == Quoting::kNone ? Quoting::kDouble : Quoting::kNone;
  }
}

void QuoteState::Read(char c) {
  for (const Dialect dialect : {kPosix, kCsh, kFish}) ReadAs(dialect, c, &readers_[dialect]);
  last_ = c;
}

Quoting QuoteState::quoting() const {
  for (const Reader& reader : readers_) {
    if (reader.escaped || reader.quoting != readers_[kPosix].quoting) return Quoting::kUncertain;
  }
  return readers_[kPosix].quoting;
}

}  // namespace muster::service
