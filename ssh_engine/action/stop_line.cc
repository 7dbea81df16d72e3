#include "ssh_engine/action/stop_line.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace muster::engine {
namespace {

// p: the server's process, s: its session; m: that of its children to which the line belongs; c:
// what is between, and the line; x: there is a /proc; h: it hides what is not the user's own, and
// so the server's process. A process is "pid:parent:group:session:start". What /proc has is read by
// the shell itself: cat would be among the processes.
constexpr absl::string_view kPlace =
    "exec 2>/dev/null; [ \"$SSH_CONNECTION\" ] || exit 3; m=$$; p=$PPID; c=\" $$ \"; x=; h=; "
    "[ -r /proc/self/stat ] && x=1; "
    // A name may have blanks, parentheses and newlines.
    "stat() { l=; while IFS= read -r y; do l=$l$y; done < /proc/$1/stat; l=${l##*) }; [ \"$l\" "
    "]; }; "
    "for i in 1 2 3 4; do [ \"$p\" -gt 1 ] || exit 3; n=; "
    "if [ $x ]; then IFS= read -r n < /proc/$p/comm; stat $p; set -- $l; q=$2; s=$4; "
    "[ \"$n\" ] || [ -r /proc/1/comm ] || { h=1; n=$p; break; }; "
    "else n=$(ps -o comm= -p $p); q=$(ps -o ppid= -p $p); s=$(ps -o pgid= -p $p); s=${s##* }; fi; "
    "case $n in *sshd*|*dropbear*) break;; esac; n=; m=$p; c=\"$c$p \"; p=${q##* }; done; "
    "[ \"$n\" ] || exit 3; [ $h ] && { stat $$; set -- $l; s=$4; [ $4 = $m ] && s=0; }; "
    "my=-; [ $x ] && { stat $$; set -- $l; [ $4 = $s ] || my=$4; }; ";

// ours PID STATUS: whether it was started over this connection; STATUS where that is hidden.
// look: a: all processes; o: those of the command; S: their sessions, but for the server's; K: they
// themselves, with their start: one may lose its parent and make a session of its own at the same
// time. What has come while the others were read is read as well. Zombies that have no other thread
// have ended.
constexpr absl::string_view kLook =
    "ours() { [ $x ] || return $2; e=; y=; while IFS= read -r y; do e=$e$y; done < "
    "/proc/$1/environ; "
    "case $e$y in \"\") return $2;; *\"SSH_CONNECTION=$SSH_CONNECTION\"*) return 0;; esac; "
    "return 1; }; "
    "look() { a=; b=\" \"; if [ $x ]; then for i in 1 2; do for d in /proc/[0-9]*; do "
    "case $b in *\" $d \"*) continue;; esac; b=\"$b$d \"; "
    "stat ${d#/proc/} || continue; set -- $l; "
    "case $1${18} in Z0|Z1|X*) ;; *) a=\"$a ${d#/proc/}:$2:$3:$4:${20}\";; esac; done; done; "
    "else a=$(ps -A -o pid= -o ppid= -o pgid= -o stat= | while read -r i j k l; do "
    "case $l in Z*) ;; *) echo $i:$j:$k:$k:0;; esac; done); fi; "
    "os=$S; ok=$K; S=\" \"; K=\" \"; o=\" \"; r=1; while [ $r ]; do r=; "
    "for w in $a; do IFS=:; set -- $w; unset IFS; case $o$c in *\" $1 \"*) continue;; esac; "
    "case $o in *\" $2 \"*) ;; *) case $os$S in *\" $4 \"*) ;; *) case $ok in *\" $1.$5 \"*) ;; "
    "*) [ $2 = $p ] && ours $1 0 || continue;; esac;; esac;; esac; o=\"$o$1 \"; r=1; "
    "K=\"$K$1.$5 \"; [ $4 = $s ] || S=\"$S$4 \"; done; done; }; ";

// hit: sends g to those that have not had it (D). now: u, hundredths of a second.
constexpr absl::string_view kTools =
    "hit() { for w in $a; do IFS=:; set -- $w; unset IFS; case $o in *\" $1 \"*) ;; *) "
    "continue;; esac; "
    "v=$1; [ $4 = $s ] || [ $3 -le 1 ] || v=-$3; case $D in *\" $v \"*) continue;; esac; "
    "D=\"$D$v \"; kill -$g $v; done; }; "
    "now() { if [ $x ]; then read -r u y < /proc/uptime; u=${u%.*}${u#*.}; else u=$(date +%s)00; "
    "fi; }; "
    "size() { n=$#; }; "
    "name() { k=$1; shift; i=0; for w; do i=$((i+1)); [ $i -gt 5 ] && break; n=; "
    "if [ $x ]; then IFS= read -r n < /proc/$w/comm; else n=$(ps -o comm= -p $w); fi; "
    "echo $k $w \"$n\"; done; }; ";

// f: when the first of the command's processes was started.
constexpr absl::string_view kWork =
    "S=\" \"; K=\" \"; D=\" \"; g=TERM; look; size $o; echo muster-stop $n; f=0; "
    "for w in $a; do IFS=:; set -- $w; unset IFS; case $o in *\" $1 \"*) "
    "if [ $f = 0 ] || [ $5 -lt $f ]; then f=$5; fi;; esac; done; now; t=$u; z=0.05; "
    "while size $o; [ $n -gt 0 ]; do hit; now; i=$((u-t)); "
    "if [ $g = TERM ] && [ $i -ge GRACE ]; then g=KILL; t=$u; D=\" \"; z=0.05; continue; fi; "
    "if [ $g = KILL ]; then [ $i -lt WAIT ] || break; D=\" \"; fi; sleep $z || sleep 1; "
    "if [ $i -lt 100 ]; then z=0.1; elif [ $i -lt 1000 ]; then z=0.3; else z=1; fi; look; done; "
    "b=\" \"; if [ $x ]; then for w in $a; do IFS=:; set -- $w; unset IFS; "
    "case $o$c in *\" $1 \"*) continue;; esac; if [ $1 = $p ] || [ $4 = $my ] || [ $5 -lt $f ]; "
    "then continue; fi; ours $1 1 && b=\"$b$1 \"; done; fi; "
    "size $o; i=$n; size $b; echo over $i $n; [ $h ] && echo hidden; name left $o; name strayed "
    "$b; exit 0";

constexpr absl::string_view kHeard = "muster-stop ";

void AddName(absl::string_view process, std::string* names) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(process, absl::MaxSplits(' ', 1));
  absl::StrAppend(names, names->empty() ? "" : ", ", absl::Utf8SafeCHexEscape(parts.first));
  if (parts.second.empty()) return;
  absl::StrAppend(names, " (", absl::Utf8SafeCHexEscape(parts.second), ")");
}

void ReadCounts(absl::string_view counts, StopReport* report) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(counts, absl::MaxSplits(' ', 1));
  report->finished = absl::SimpleAtoi(parts.first, &report->left) &&
                     absl::SimpleAtoi(parts.second, &report->strayed);
}

void ReadLine(absl::string_view line, StopReport* report) {
  if (!report->heard) {
    // Start-up files of the login shell may have written something before.
    report->heard = absl::ConsumePrefix(&line, kHeard) && absl::SimpleAtoi(line, &report->found);
  } else if (absl::ConsumePrefix(&line, "over ")) {
    if (!report->finished) ReadCounts(line, report);
  } else if (line == "hidden") {
    report->hidden = true;
  } else if (absl::ConsumePrefix(&line, "left ")) {
    AddName(line, &report->left_names);
  } else if (absl::ConsumePrefix(&line, "strayed ")) {
    AddName(line, &report->strayed_names);
  }
}

}  // namespace

std::string StopLine(absl::Duration grace) {
  const auto hundredths = [](absl::Duration time) {
    return absl::StrCat(absl::ToInt64Milliseconds(time) / 10);
  };
  return absl::StrReplaceAll(
      absl::StrCat("exec /bin/sh -c '", kPlace, kLook, kTools, kWork, "'"),
      {{"GRACE", hundredths(grace)}, {"WAIT", hundredths(kStopLineKillWait)}});
}

StopReport ReadStopReport(absl::string_view output) {
  StopReport report;
  for (size_t end; (end = output.find('\n')) != output.npos; output.remove_prefix(end + 1)) {
    ReadLine(output.substr(0, end), &report);
  }
  return report;
}

}  // namespace muster::engine
