#include "client/text/xml_text.h"

#include "absl/strings/str_replace.h"
#include "proto/contract/visible_text.h"

namespace muster::client {

std::string XmlText(absl::string_view bytes) {
  std::string visible;
  AppendVisibleLines(bytes, &visible);
  // U+FFFE and U+FFFF are UTF-8, but no characters of XML.
  return absl::StrReplaceAll(visible, {{"&", "&amp;"},
                                       {"<", "&lt;"},
                                       {">", "&gt;"},
                                       {"\"", "&quot;"},
                                       {"\xef\xbf\xbe", "&lt;U+FFFE&gt;"},
                                       {"\xef\xbf\xbf", "&lt;U+FFFF&gt;"}});
}

}  // namespace muster::client
