// Any bytes as text in XML.
#ifndef CLIENT_TEXT_XML_TEXT_H_
#define CLIENT_TEXT_XML_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace muster::client {

// For XML 1.0 in UTF-8, in elements and in quoted attributes. What XML cannot hold is made visible
// as AppendVisibleLines does; line feeds and tabs stay.
std::string XmlText(absl::string_view bytes);

}  // namespace muster::client

#endif  // CLIENT_TEXT_XML_TEXT_H_
