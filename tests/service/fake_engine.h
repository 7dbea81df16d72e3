// An engine without hosts: keeps what a run asks of it, and says what the test wants.
#ifndef TESTS_SERVICE_FAKE_ENGINE_H_
#define TESTS_SERVICE_FAKE_ENGINE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ssh_engine/base/mutex.h"
#include "ssh_engine/engine.h"

namespace muster::service {

// What one run has asked for. A value.
struct AskedOfEngine {
  std::vector<uint32_t> added;  // hosts
  std::vector<uint32_t> granted;
  std::vector<std::pair<uint32_t, engine::Cause>> canceled_hosts;
  std::string stop_message;  // of StopStarting
  bool paused = false;
  engine::TerminalSize terminal_size;  // the newest that was told
  int cancels = 0;
  int finishes = 0;
  std::shared_ptr<const engine::Access> access;       // of the host that was added last
  std::shared_ptr<const engine::ChannelSetup> setup;  // the same
};

// One run in the engine. What is asked of it is thread-safe; the rest plays its only loop, on the
// test's thread.
class FakeEngineRun final : public engine::RunHandle {
 public:
  FakeEngineRun(engine::Job job, std::shared_ptr<engine::RunObserver> observer)
      : job_(std::move(job)), observer_(std::move(observer)) {}

  void Add(std::vector<engine::Host> hosts) override {
    book_->Note([&](AskedOfEngine* asked) {
      for (const engine::Host& host : hosts) {
        asked->added.push_back(host.index);
        asked->access = host.access;
        asked->setup = host.setup;
      }
    });
  }
  void Finish() override {
    book_->Note([](AskedOfEngine* asked) { ++asked->finishes; });
  }
  void Cancel() override {
    book_->Note([](AskedOfEngine* asked) { ++asked->cancels; });
  }
  void StopStarting(std::string message) override {
    book_->Note([&](AskedOfEngine* asked) { asked->stop_message = std::move(message); });
  }
  void ResizeTerminals(engine::TerminalSize size) override {
    book_->Note([&](AskedOfEngine* asked) { asked->terminal_size = size; });
  }
  void SetPaused(bool paused) override {
    book_->Note([&](AskedOfEngine* asked) { asked->paused = paused; });
  }

  const engine::Job& job() const { return job_; }
  AskedOfEngine asked() const { return book_->asked(); }

  // --- The loop
  std::unique_ptr<engine::LoopObserver> NewLoop(int loop) {
    return observer_->ForLoop(loop, std::make_shared<Control>(book_));
  }
  void State(uint32_t host, engine::HostState state) { loop()->OnState(host, state); }
  void Ready(uint32_t host, absl::Duration took = absl::ZeroDuration()) {
    loop()->OnReady(host, took);
  }
  void Output(uint32_t host, const std::string& text,
              engine::OutputStream stream = engine::OutputStream::kStdout) {
    loop()->OnOutput(host, stream, {text, false, false});
  }
  void End(uint32_t host, engine::HostState state = engine::HostState::kSucceeded) {
    engine::HostOutcome outcome;
    outcome.state = state;
    loop()->OnEnd(host, outcome);
  }
  void Flush(absl::Time now = absl::UnixEpoch()) { loop()->Flush(now); }
  void EndNow(uint32_t host, engine::HostState state = engine::HostState::kSucceeded) {
    End(host, state);
    Flush();
  }
  // The loops are done with the run.
  void LetGo() {
    loop_.reset();
    observer_.reset();
  }

 private:
  class Book {
   public:
    template <typename Write>
    void Note(Write write) {
      MutexLock lock(&mutex_);
      write(&asked_);
    }
    AskedOfEngine asked() {
      MutexLock lock(&mutex_);
      return asked_;
    }

   private:
    Mutex mutex_;
    AskedOfEngine asked_ ABSL_GUARDED_BY(mutex_);
  };

  class Control final : public engine::LoopControl {
   public:
    explicit Control(std::shared_ptr<Book> book) : book_(std::move(book)) {}
    void Grant(std::vector<uint32_t> hosts) override {
      book_->Note([&](AskedOfEngine* asked) {
        asked->granted.insert(asked->granted.end(), hosts.begin(), hosts.end());
      });
    }
    void CancelHost(uint32_t host, engine::Cause cause, std::string) override {
      book_->Note([&](AskedOfEngine* asked) { asked->canceled_hosts.emplace_back(host, cause); });
    }

   private:
    const std::shared_ptr<Book> book_;
  };

  engine::LoopObserver* loop() {
    if (loop_ == nullptr) loop_ = NewLoop(0);
    return loop_.get();
  }

  const engine::Job job_;
  std::shared_ptr<engine::RunObserver> observer_;
  std::unique_ptr<engine::LoopObserver> loop_;
  const std::shared_ptr<Book> book_ = std::make_shared<Book>();
};

// Thread-safe. Lets go of all runs when it is destroyed, without a word to their observers.
class FakeEngine final : public engine::Engine {
 public:
  ~FakeEngine() override {
    for (const std::shared_ptr<FakeEngineRun>& run : runs()) run->LetGo();
  }
  std::shared_ptr<engine::RunHandle> Start(engine::Job job,
                                           std::shared_ptr<engine::RunObserver> observer) override {
    auto run = std::make_shared<FakeEngineRun>(std::move(job), std::move(observer));
    MutexLock lock(&mutex_);
    runs_.push_back(run);
    return run;
  }
  void SetReading(bool) override {}

  // In the order in which they were started.
  std::vector<std::shared_ptr<FakeEngineRun>> runs() const {
    MutexLock lock(&mutex_);
    return runs_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::shared_ptr<FakeEngineRun>> runs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace muster::service

#endif  // TESTS_SERVICE_FAKE_ENGINE_H_
