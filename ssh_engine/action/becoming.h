// Becoming another user before a line runs.
#ifndef SSH_ENGINE_ACTION_BECOMING_H_
#define SSH_ENGINE_ACTION_BECOMING_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "ssh_engine/become.h"
#include "ssh_engine/outcome.h"
#include "ssh_engine/transport/exec_channel.h"

namespace muster::engine {

// Requests sudo(8), su(1) or doas(1) in place of a line, talks with it, and knows when the line
// runs: marks of its own, that nobody can guess, stand before the talk and behind it, and sudo asks
// with one. The password is sent once, in answer to a question between the two. One for each
// request; loop-confined.
class Becoming {
 public:
  // The line is read by /bin/sh, as the other user. `token`: letters and digits, a new one each
  // time.
  Becoming(std::shared_ptr<const Become> become, absl::string_view line, const std::string& token);
  Becoming(const Becoming&) = delete;
  Becoming& operator=(const Becoming&) = delete;

  // What is requested, until done(). Any login shell takes it.
  const std::string& line() const { return line_; }
  // Takes in what came on standard error, or from the terminal; until done(). Returns what of it is
  // no talk: what start-up files wrote before, and the line after.
  std::string Hear(absl::string_view bytes);
  // Sends the password where it is asked for now, once there is room. After Request was done.
  void Answer(ExecChannel* channel);

  // The line runs.
  bool done() const { return phase_ == Phase::kDone; }
  // It will not: a password was asked for, and there is none, or it was refused.
  bool refused() const { return refused_; }
  // Why it does not run, where it has refused, or ended by itself, or took too long. For the
  // outcome.
  HostOutcome Explain(absl::string_view endpoint, const std::string& from_user) const;

 private:
  enum class Phase { kBefore, kTalking, kDone };

  std::string TakeBefore();
  std::string TakeTalk();
  void NoteQuestion();
  // Where a question that was not there before ends; npos: there is none.
  size_t FindQuestion() const;
  Cause WhyNot() const;
  std::string Said() const;

  const std::shared_ptr<const Become> become_;
  const std::string begin_, question_, end_;  // the marks
  std::string line_;

  Phase phase_ = Phase::kBefore;
  std::string heard_;  // not given out; of the talk all of it, 4 KiB at most
  size_t noted_ = 0;   // of heard_: looked through for questions
  int questions_ = 0;
  bool asked_ = false;  // and not yet answered
  bool refused_ = false;
};

// For Becoming: 64 bits.
std::string NewToken();

}  // namespace muster::engine

#endif  // SSH_ENGINE_ACTION_BECOMING_H_
