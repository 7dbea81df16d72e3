// Tasks that are dropped once their object has gone.
#ifndef SSH_ENGINE_BASE_LIFETIME_H_
#define SSH_ENGINE_BASE_LIFETIME_H_

#include <memory>
#include <utility>

namespace muster::engine {

// A member of an object that has tasks done later in its loop; the last one, so that it goes first.
// Loop-confined, but for Guard's results: those may be carried by any thread, and are called in the
// object's own.
class Lifetime {
 public:
  Lifetime() : token_(std::make_shared<char>()) {}
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;

  // `task`, as long as the object lives; then nothing.
  template <typename Task>
  auto Guard(Task task) const {
    return [token = std::weak_ptr<char>(token_), task = std::move(task)](auto&&... with) mutable {
      if (!token.expired()) task(std::forward<decltype(with)>(with)...);
    };
  }
  // As if the object had gone.
  void End() { token_.reset(); }

 private:
  std::shared_ptr<char> token_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_BASE_LIFETIME_H_
