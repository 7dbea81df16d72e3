// Text that came from outside, for a terminal, a log or a report.
#ifndef PROTO_CONTRACT_VISIBLE_TEXT_H_
#define PROTO_CONTRACT_VISIBLE_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace muster {

// Every byte that somebody else chose passes one of these before a person or a log sees it: output
// of hosts on a terminal, names, messages, ids, labels, signals. Any thread.

// Appends `text` with everything made visible that a terminal would obey or that a reader could not
// see: control characters as ^A; C1 controls, what turns the direction of text, what separates
// lines or paragraphs and other invisible characters as <U+009B>; bytes that are no UTF-8 as <FF>.
// Tabs stay, and the two zero-width joiners, without which emoji and Persian words fall apart.
void AppendVisible(absl::string_view text, std::string* to);

// The same for what may be several lines: line feeds stay.
void AppendVisibleLines(absl::string_view text, std::string* to);

// Appends `text` as a string of JSON (RFC 8259) in quotes, with what AppendVisible would show as
// escapes of JSON. False where it is no UTF-8: then nothing is appended.
bool AppendJsonString(absl::string_view text, std::string* to);

// JSON in UTF-8 with such characters within its strings as escapes.
std::string VisibleJson(absl::string_view json);

// A name, an id, a label, or a message of one line: longer ones are cut at the end of a character,
// and say how many bytes are left out.
constexpr size_t kMaxVisibleBytes = 4096;
std::string Visible(absl::string_view text, size_t max_bytes = kMaxVisibleBytes);

}  // namespace muster

#endif  // PROTO_CONTRACT_VISIBLE_TEXT_H_
