// How long to wait before something is tried again.
#ifndef CLIENT_LIBRARY_BACKOFF_H_
#define CLIENT_LIBRARY_BACKOFF_H_

#include <algorithm>

#include "absl/random/random.h"
#include "absl/time/time.h"

namespace muster::client {

// Doubles from a tenth of a second to two seconds, less up to a half by chance, so that many
// clients of a daemon that comes back do not all come at once. Not thread-safe.
class Backoff {
 public:
  absl::Duration Next() {
    const absl::Duration whole = pause_;
    pause_ = std::min(2 * pause_, kLongest);
    return whole * absl::Uniform(absl::IntervalClosed, random_, 0.5, 1.0);
  }
  // It worked: the next failure is a first one.
  void Reset() { pause_ = kFirst; }

 private:
  static constexpr absl::Duration kFirst = absl::Milliseconds(100);
  static constexpr absl::Duration kLongest = absl::Seconds(2);

  absl::BitGen random_;
  absl::Duration pause_ = kFirst;
};

}  // namespace muster::client

#endif  // CLIENT_LIBRARY_BACKOFF_H_
