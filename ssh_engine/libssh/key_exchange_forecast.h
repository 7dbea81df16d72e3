// Which key exchange a server will be met with, before it begins.
#ifndef SSH_ENGINE_LIBSSH_KEY_EXCHANGE_FORECAST_H_
#define SSH_ENGINE_LIBSSH_KEY_EXCHANGE_FORECAST_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace muster::engine {

// Reads along what a server sends in clear: its version, and the lists of its first KEXINIT (RFC
// 4253, 4.2 and 7.1). libssh computes its part as soon as it has taken that in, so who must not
// wait for it has to know before. Takes nothing out, and believes nothing: what makes no sense is
// libssh's to refuse. Loop-confined.
class KeyExchangeForecast {
 public:
  enum class Result {
    kOpen,  // the lists have not come yet
    kFast,  // of no slow one, or of nothing that could be computed
    kSlow,  // IsSlowKeyExchange
  };

  // `ours`: what the server will be offered, in this order; must outlive it.
  explicit KeyExchangeForecast(absl::string_view ours) : ours_(ours) {}

  // `bytes` begin at `offset` of all that the server has sent; those that were read are passed
  // over.
  Result Read(uint64_t offset, absl::string_view bytes);

 private:
  Result Parse();
  bool PassVersion();
  Result Judge(absl::string_view theirs) const;

  const absl::string_view ours_;
  uint64_t read_ = 0;    // bytes of the server's
  std::string waiting_;  // of these: what is not understood yet
  bool version_passed_ = false;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_KEY_EXCHANGE_FORECAST_H_
