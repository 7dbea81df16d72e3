// Which names of groups an expression can spell.
#ifndef SERVICE_TARGETS_GROUP_NAME_H_
#define SERVICE_TARGETS_GROUP_NAME_H_

#include "absl/strings/string_view.h"

namespace muster::service {

// ClusterShell's rule: none of "@,!&^*"; and no blanks or brackets, which would end the name.
inline bool IsGroupName(absl::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return false;
  }
  return name.find_first_of("@,!&^*[]") == absl::string_view::npos;
}

inline constexpr char kGroupNameRule[] =
    "is no name for a group: it cannot hold blanks, brackets or any of @ , ! & ^ *";

}  // namespace muster::service

#endif  // SERVICE_TARGETS_GROUP_NAME_H_
