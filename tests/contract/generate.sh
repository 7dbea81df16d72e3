#!/bin/bash
# Do Go, Java and Rust generate code from the contract with their stock settings, and does it
# compile?
#
#   tests/contract/generate.sh [--protos FOLDER] [go] [java] [rust]
#
# FOLDER: where muster/v1/*.proto are, such as another work tree's proto; without it, this one's.
# Go: protoc-gen-go and protoc-gen-go-grpc, newest. Java: grpc-java's Maven build (generate/java).
# Rust: tonic and prost (generate/rust). Each builds generate/probe first, whose contract cannot be
# at fault: where that fails, a toolchain or a registry is missing, and the language is skipped with
# the reason. All is made in a temporary folder; what the package managers fetch, they keep.
# The last line is "N generated and compiled, N skipped, N failed"; exits with 0 when none failed.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/generate
protos=$here/../../../proto
languages=()
while [ $# -gt 0 ]; do
  case $1 in
    --protos) protos=${2:?--protos takes a folder} && shift 2 ;;
    go | java | rust) languages+=("$1") && shift ;;
    *) echo "generate.sh: '$1': expected --protos FOLDER, go, java or rust" >&2 && exit 2 ;;
  esac
done
[ "${#languages[@]}" -gt 0 ] || languages=(go java rust)
compgen -G "$protos/muster/v1/*.proto" >/dev/null ||
  { echo "generate.sh: there is no $protos/muster/v1/*.proto" >&2 && exit 2; }

work=$(mktemp -d "${TMPDIR:-/tmp}/muster-generate.XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
# Only the contract's own files: what they import beside protobuf's own has to be among them.
mkdir -p "$work/contract/muster"
cp -r "$protos/muster/v1" "$work/contract/muster/"
rm -f "$work/contract/muster/v1/BUILD"

tools_of() {
  case $1 in
    go) echo go protoc ;;
    java) echo java javac mvn ;;
    rust) echo cargo rustc protoc ;;
  esac
}

# Each gets what is built (probe, contract) and the folder of its protos, in a folder of its own that
# is kept in between. Only the probe may fetch: that is enough for the contract.
build_go() {
  export GOBIN=$PWD/bin GOFLAGS=-mod=mod GOWORK=off GOTOOLCHAIN=local
  if [ "$1" = probe ]; then
    go install google.golang.org/protobuf/cmd/protoc-gen-go@latest || return
    go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@latest || return
    go mod init example.com/client || return
    go get google.golang.org/grpc@latest google.golang.org/protobuf@latest || return
  fi
  rm -rf muster
  PATH=$GOBIN:$PATH protoc -I "$2" --go_out=. --go-grpc_out=. "$2"/muster/v1/*.proto || return
  go build ./... && go vet ./...
}

build_java() {
  local offline=()
  [ "$1" = probe ] || offline=(--offline)
  cp "$here/java/pom.xml" . && rm -rf target || return
  mvn --batch-mode --no-transfer-progress --quiet "${offline[@]}" -Dprotos="$2" compile
}

build_rust() {
  local offline=()
  [ "$1" = probe ] || offline=(--offline)
  cp -r "$here/rust/." . || return
  PROTOS=$2 cargo build --quiet "${offline[@]}"
}

missing_tool() {
  local tool
  for tool in $(tools_of "$1"); do
    command -v "$tool" >/dev/null || { echo "there is no $tool here" && return; }
  done
}

# Of a failed build's log: the first lines that say what is wrong, else the last one.
reason() {
  local lines telling='error|cannot|could not|timeout|no such host'
  lines=$(grep -vE '^\[ERROR\] -*$' "$1" | grep -m2 -iE "$telling")
  [ -n "$lines" ] || lines=$(tail -n 1 "$1")
  echo "${lines:-it said nothing, or was not done within ten minutes}" | paste -sd ' '
}

# In a shell of its own, ended after ten minutes.
build() {
  export -f "build_$1"
  export here
  (cd "$work/$1" && timeout 600 bash -c '"build_$0" "$@"' "$1" "$2" "$3") </dev/null 2>&1 |
    sed 's/\x1b\[[0-9;]*m//g' >"$work/$1.log"
}

compiled=0 skipped=0 failed=0
skip() {
  echo "SKIPPED: $1: $2"
  skipped=$((skipped + 1))
}

one() {
  local lacking
  lacking=$(missing_tool "$1")
  [ -z "$lacking" ] || { skip "$1" "$lacking" && return; }
  mkdir "$work/$1"
  build "$1" probe "$here/probe" ||
    { skip "$1" "its toolchain or registry: $(reason "$work/$1.log")" && return; }
  if build "$1" contract "$work/contract"; then
    echo "$1: generated and compiled"
    compiled=$((compiled + 1))
  else
    sed "s|$work/||g; s/^/$1: /" "$work/$1.log"
    echo "FAILED: $1; see above."
    failed=$((failed + 1))
  fi
}

for language in "${languages[@]}"; do
  one "$language"
done
echo "$compiled generated and compiled, $skipped skipped, $failed failed"
[ "$failed" -eq 0 ]
