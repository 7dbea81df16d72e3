// A queue in which nobody waits behind another's crowd.
#ifndef SSH_ENGINE_POOL_FAIR_QUEUE_H_
#define SSH_ENGINE_POOL_FAIR_QUEUE_H_

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>

namespace muster::engine {

// Whose turn something takes. A value.
struct Share {
  std::string caller;
  const void* run = nullptr;  // told apart, never read
};

// Callers take turns, and so do the runs of one caller; within a run, first come first served. A
// caller with ten hosts thus waits for ten turns, however many hosts another has. Not thread-safe.
template <typename T>
class FairQueue {
 public:
  bool empty() const { return callers_.empty(); }

  void Push(const Share& share, T item) {
    Caller& caller = Place(&callers_, [&](const Caller& c) { return c.name == share.caller; });
    caller.name = share.caller;
    Run& run = Place(&caller.runs, [&](const Run& r) { return r.id == share.run; });
    run.id = share.run;
    run.items.push_back(std::move(item));
  }

  // What is next; its caller and its run go to the end of their lines. The queue must not be empty.
  T Pop() {
    Caller caller = Take(&callers_);
    Run run = Take(&caller.runs);
    T item = Take(&run.items);
    if (!run.items.empty()) caller.runs.push_back(std::move(run));
    if (!caller.runs.empty()) callers_.push_back(std::move(caller));
    return item;
  }

 private:
  struct Run {
    const void* id = nullptr;
    std::deque<T> items;
  };
  struct Caller {
    std::string name;
    std::deque<Run> runs;
  };

  // Those that wait are few, whatever the number of their items.
  template <typename Line, typename Predicate>
  static typename Line::value_type& Place(Line* line, Predicate is_it) {
    const auto it = std::find_if(line->begin(), line->end(), is_it);
    if (it != line->end()) return *it;
    line->emplace_back();
    return line->back();
  }

  template <typename Line>
  static typename Line::value_type Take(Line* line) {
    typename Line::value_type first = std::move(line->front());
    line->pop_front();
    return first;
  }

  std::deque<Caller> callers_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_POOL_FAIR_QUEUE_H_
