#include "client/commands/line_editor.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/line_history.h"
#include "client/output/terminal_text.h"
#include "client/text/columns.h"
#include "client/text/outcome_text.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

constexpr size_t kMostListed = 200;

std::string CommonBegin(const std::vector<std::string>& words) {
  std::string common = words.front();
  for (const std::string& word : words) {
    const auto end = std::mismatch(common.begin(), common.end(), word.begin(), word.end()).first;
    common.erase(end, common.end());
  }
  while (!common.empty() && (common.back() & 0xc0) == 0x80) common.pop_back();  // a part of a sign
  return common;
}

// Prompts go to standard error, as those of shells do.
EditLine* NewEdit() {
  setlocale(LC_CTYPE, "C.UTF-8");
  return el_init("muster", stdin, stderr, stderr);
}

class LineEditor final : public LineReader {
 public:
  LineEditor(const std::string& history, LineCompleter completer, Interrupts* interrupts)
      : completer_(std::move(completer)),
        interrupts_(interrupts),
        history_path_(history),
        history_(history_init()),
        edit_(NewEdit()) {
    HistEvent event;
    ::history(history_, &event, H_SETSIZE, static_cast<int>(kMostHistoryLines));
    el_set(edit_, EL_CLIENTDATA, this);
    el_set(edit_, EL_PROMPT, &LineEditor::PromptOf);
    el_set(edit_, EL_GETCFN, &LineEditor::GetChar);
    el_set(edit_, EL_EDITOR, "emacs");
    el_set(edit_, EL_ADDFN, "muster-complete", "complete", &LineEditor::CompleteWord);
    el_set(edit_, EL_BIND, "^I", "muster-complete", nullptr);
    el_set(edit_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_set(edit_, EL_HIST, ::history, history_);
    el_source(edit_, nullptr);  // ~/.editrc
    if (history_path_.empty()) return;
    for (const std::string& line : ReadHistory(history_path_)) Remember(line);
  }

  ~LineEditor() override {
    el_end(edit_);
    history_end(history_);
  }

  absl::optional<std::string> Read(const std::string& prompt) override {
    signal_code_ = 0;
    prompt_ = prompt;
    int bytes = 0;
    // As shells have it: stopped, it would leave the terminal as it is for editing.
    const auto stop = signal(SIGTSTP, SIG_IGN);
    const char* const line = el_gets(edit_, &bytes);
    signal(SIGTSTP, stop);
    if (line == nullptr || bytes <= 0) {
      fputs(signal_code_ == kInterrupted ? "^C\n" : "\n", stderr);
      el_reset(edit_);
      return absl::nullopt;
    }
    const std::string text(absl::StripTrailingAsciiWhitespace(line));
    if (!text.empty() && text[0] != ' ') Keep(text);
    return text;
  }

  int signal_code() const override { return signal_code_; }

 private:
  static LineEditor* Self(EditLine* edit) {
    void* self = nullptr;
    el_get(edit, EL_CLIENTDATA, &self);
    return static_cast<LineEditor*>(self);
  }

  static char* PromptOf(EditLine* edit) { return &Self(edit)->prompt_[0]; }

  // 1: a sign; 0: the end; -1: a signal, or the terminal is gone.
  static int GetChar(EditLine* edit, wchar_t* sign) {
    LineEditor* const self = Self(edit);
    mbstate_t state = {};
    for (;;) {
      self->signal_code_ = self->interrupts_->Await(STDIN_FILENO);
      if (self->signal_code_ != 0) return -1;
      el_resize(edit);
      char byte = 0;
      const ssize_t size = read(STDIN_FILENO, &byte, 1);
      if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (size <= 0) return static_cast<int>(size);
      const size_t used = mbrtowc(sign, &byte, 1, &state);
      if (used == static_cast<size_t>(-2)) continue;
      if (used == static_cast<size_t>(-1)) *sign = L'?';
      return 1;
    }
  }

  static unsigned char CompleteWord(EditLine* edit, int) {
    const LineInfo* const line = el_line(edit);
    const std::string before(line->buffer, line->cursor);
    const LineEnds ends = Self(edit)->completer_(before);
    if (ends.words.empty()) return CC_REFRESH_BEEP;
    const std::string begun = before.substr(ends.begin);
    std::string common = CommonBegin(ends.words);
    if (ends.words.size() == 1) common += " ";
    if (common.size() > begun.size() && el_insertstr(edit, &common[begun.size()]) == 0) {
      return CC_REFRESH;
    }
    List(ends.words);
    return CC_REDISPLAY;
  }

  static void List(std::vector<std::string> words) {
    const size_t more = words.size() - std::min(words.size(), kMostListed);
    words.resize(words.size() - more);
    if (more > 0) words.push_back(absl::StrCat("and ", more, " more"));
    const std::string shown =
        WrapWords(Visible(absl::StrJoin(words, "  ")), 0, TerminalColumns(STDERR_FILENO));
    fputs(absl::StrCat("\n", shown).c_str(), stderr);
  }

  void Remember(const std::string& line) {
    HistEvent event;
    ::history(history_, &event, H_ENTER, line.c_str());
  }

  void Keep(const std::string& line) {
    Remember(line);
    if (history_path_.empty()) return;
    const absl::Status status = AppendToHistory(history_path_, line);
    if (status.ok()) return;
    Complain(absl::Status(status.code(), absl::StrCat("lines are not kept: ", status.message())));
    history_path_.clear();
  }

  const LineCompleter completer_;
  Interrupts* const interrupts_;
  std::string history_path_;
  History* const history_;
  EditLine* const edit_;
  std::string prompt_;
  int signal_code_ = 0;
};

}  // namespace

std::unique_ptr<LineReader> NewLineEditor(const std::string& history, LineCompleter completer,
                                          Interrupts* interrupts) {
  return std::make_unique<LineEditor>(history, std::move(completer), interrupts);
}

}  // namespace muster::client
