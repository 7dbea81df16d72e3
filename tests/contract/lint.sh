#!/bin/bash
# Is the contract well formed and commented, and does it still mean what it meant to its clients? Both by
# buf (proto/buf.yaml), from npm; skipped, and said so, where npm is not reached.
#
#   tests/contract/lint.sh [--against COMMIT]
#
# What is edited is compared with HEAD, else HEAD with what the last change of the contract replaced (a
# merge is one change). A commit that breaks the contract on purpose has a line "Breaks the contract: WHY"
# in its message; among the commits since, one such line is enough.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

against=
case "${1-}" in
  --against) against=${2:?--against needs a commit} ;;
  ?*) echo "lint.sh: what is '$1'? Usage: lint.sh [--against COMMIT]" >&2; exit 2 ;;
esac

buf() { npx --yes --package @bufbuild/buf@1 buf "$@"; }

if ! reason=$(timeout 120 npx --yes --package @bufbuild/buf@1 buf --version 2>&1); then
  reason=$(head -n 4 <<<"${reason:-no answer}" | paste -sd ' ')
  echo "SKIPPED: buf lint and buf breaking: npx cannot get @bufbuild/buf: $reason" >&2
  exit 0
fi

buf lint proto
echo "buf lint: clean"

declared=
if [[ -z $against ]]; then
  if [[ -n $(git status --porcelain -- 'proto/*.proto') ]]; then
    against=HEAD
  else
    against=$(git log -1 --first-parent --format=%h -- 'proto/*.proto')~1
    declared=$(git log --format=%B "$against..HEAD" 2>/dev/null | grep '^Breaks the contract: ') || true
  fi
fi
if ! git rev-parse --quiet --verify "$against^{commit}" >/dev/null; then
  echo "SKIPPED: buf breaking: there is no commit $against here (a shallow clone?)" >&2
  exit 0
fi
if [[ -n $declared ]]; then
  printf 'SKIPPED: buf breaking: commits since %s say:\n%s\n' "$against" "$declared" >&2
  exit 0
fi
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
git archive "$against" proto | tar -x -C "$before"
buf breaking proto --against "$before/proto"
echo "buf breaking: clean against $against"
