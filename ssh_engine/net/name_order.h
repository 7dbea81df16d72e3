// Whom nsswitch.conf(5) has asked for names of hosts, and in which order.
#ifndef SSH_ENGINE_NET_NAME_ORDER_H_
#define SSH_ENGINE_NET_NAME_ORDER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace muster::engine {

// What its line "hosts:" says. The hosts file and name servers (files, dns) can be asked without
// blocking; all others (mdns, myhostname, resolve, sss ...) only by way of the system's own
// resolver, which goes through the whole line by itself. A value.
class NameOrder {
 public:
  // When the system's own resolver is asked for a name.
  enum class System {
    kNever,    // nobody else would know it
    kAfter,    // where hosts file and name servers have no address
    kInstead,  // of these: somebody else comes before them, or they are in another order
  };

  // The content of the file. Without such a line: "files dns", as glibc has it.
  static NameOrder Parse(absl::string_view nsswitch_conf);

  // `own_name`: this machine's (gethostname(2)).
  System ForName(absl::string_view name, absl::string_view own_name) const;
  // "files mdns4_minimal [NOTFOUND=return] dns", for messages.
  const std::string& text() const { return text_; }

 private:
  struct Source {
    std::string name;
    bool has_actions = false;  // "[NOTFOUND=return]"
  };

  void SetText(absl::string_view text);

  std::string text_;
  std::vector<Source> sources_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_NET_NAME_ORDER_H_
