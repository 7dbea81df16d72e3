// What the shells need to ask muster. What may stand where is known by it alone: completion.cc.
#include "client/options/completion.h"

namespace muster::client {
namespace {

// COMP_WORDS are parted at '=', ':' and '@', too, and bash replaces the last part alone.
constexpr char kBash[] = R"(# muster's completion for bash: source <(muster completion bash)
_muster() {
  local IFS=$' \t\n' rest=${COMP_LINE:0:COMP_POINT} words=() left part word head line i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    left=${rest#"${rest%%[![:blank:]]*}"} part=${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && part=$left
    if ((i == 0)) || [[ $rest != "$left" ]]; then
      words+=("$part")
    else
      words[${#words[@]} - 1]+=$part
    fi
    rest=${left#"$part"}
  done
  word=${words[${#words[@]} - 1]}
  case $part in [=:@]) part= ;; esac
  head=${word:0:${#word}-${#part}}
  head=${head//[\'\"\\]/}
  for ((i = 1; i < ${#words[@]}; i++)); do words[i]=${words[i]//[\'\"\\]/}; done
  COMPREPLY=()
  while IFS=$'\t' read -r line _; do
    case $line in */ | *=) compopt -o nospace 2>/dev/null ;; esac
    line=${line:${#head}}
    case $part in
      [\'\"]*) ;;
      \~/*) printf -v line %q "${line:2}" && line="~/$line" ;;
      *) printf -v line %q "$line" ;;
    esac
    COMPREPLY+=("$line")
  done < <("${words[0]/#\~\//$HOME/}" __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _muster muster
)";

constexpr char kZsh[] = R"(#compdef muster
# muster's completion for zsh: source <(muster completion zsh), or as the file _muster in $fpath
_muster() {
  local line
  local -a texts shown open
  while IFS= read -r line; do
    case ${line%%$'\t'*} in
      */|*=) open+=("${line%%$'\t'*}"); continue ;;
    esac
    texts+=("${line%%$'\t'*}")
    [[ $line == *$'\t'?* ]] && shown+=("${line/$'\t'/  -- }") || shown+=("${line%%$'\t'*}")
  done < <("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( $#open )) && compadd -S '' -- "${open[@]}"
  (( $#texts )) && compadd -l -d shown -- "${texts[@]}"
  (( $#open + $#texts ))
}
if [[ $funcstack[1] == _muster ]]; then _muster "$@"; else compdef _muster muster; fi
)";

constexpr char kFish[] = R"(# muster's completion for fish: muster completion fish | source
function __muster_complete
    set -l words (commandline -opc)
    set -l begun (commandline -ct)
    set -l begun (string unescape -- $begun; or string trim -l -c "'\"" -- $begun)
    $words[1] __complete $words[2..-1] "$begun" 2>/dev/null
end
complete -c muster -f -a '(__muster_complete)'
)";

}  // namespace

std::string CompletionScript(const std::string& shell) {
  return shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish;
}

}  // namespace muster::client
