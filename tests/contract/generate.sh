#!/bin/bash
# Do other languages generate code from the contract with their stock settings, and does it compile?
#
#   tests/contract/generate.sh [--protos FOLDER] [csharp] [go] [java] [objc] [php] [ruby] [rust]
#
# FOLDER: where muster/v1/*.proto are, such as another work tree's proto; without it, this one's.
# Go: protoc-gen-go and protoc-gen-go-grpc, newest. Java: grpc-java's Maven build (generate/java).
# Rust: tonic and prost (generate/rust). Each builds generate/probe first, whose contract cannot be
# at fault: where that fails, a toolchain or a registry is missing, and the language is skipped with
# the reason. All is made in a temporary folder; what the package managers fetch, they keep.
# C#, Objective-C, PHP and Ruby take protoc alone, and plugins of Debian's for the services of the last
# two: every file has to have its names where the language has them. PHP's and Ruby's syntax is checked
# where php and ruby are there.
# The last line is "N generated and compiled, N generated only, N skipped, N failed"; exits with 0 when
# none failed.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/generate
protos=$here/../../../proto
languages=()
while [ $# -gt 0 ]; do
  case $1 in
    --protos) protos=${2:?--protos takes a folder} && shift 2 ;;
    csharp | go | java | objc | php | ruby | rust) languages+=("$1") && shift ;;
    *) echo "generate.sh: '$1': expected --protos FOLDER, csharp, go, java, objc, php, ruby or rust" >&2
      exit 2 ;;
  esac
done
[ "${#languages[@]}" -gt 0 ] || languages=(csharp go java objc php ruby rust)
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
    php) echo protoc grpc_php_plugin ;;
    ruby) echo protoc grpc_ruby_plugin ;;
    *) echo protoc ;;
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

each_has() {
  local without
  without=$(grep -LE "$@")
  [ -z "$without" ] || { echo "error: no '$1' in" $without && return 1; }
}

build_csharp() {
  mkdir -p "$1" && protoc -I "$2" --csharp_out="$1" "$2"/muster/v1/*.proto || return
  each_has '^namespace Muster\.V1 ' "$1"/*.cs
}

build_objc() {
  mkdir -p "$1" && protoc -I "$2" --objc_out="$1" "$2"/muster/v1/*.proto || return
  each_has '@interface MST|^@protocol MST' "$1"/muster/v1/*.h
}

build_php() {
  mkdir -p "$1" && protoc -I "$2" --php_out="$1" --grpc_out="$1" \
    --plugin=protoc-gen-grpc="$(command -v grpc_php_plugin)" "$2"/muster/v1/*.proto || return
  each_has '^namespace Muster\\V1;' "$1"/Muster/V1/*.php || return
  [ ! -e "$1/GPBMetadata" ] || { echo "error: php_metadata_namespace is not Muster's" && return 1; }
  command -v php >/dev/null || return 0
  find "$1" -name '*.php' -print0 | xargs -0 -n 1 php -l
}

build_ruby() {
  mkdir -p "$1" && protoc -I "$2" --ruby_out="$1" --grpc_out="$1" \
    --plugin=protoc-gen-grpc="$(command -v grpc_ruby_plugin)" "$2"/muster/v1/*.proto || return
  each_has '^module Muster$' "$1"/muster/v1/*.rb || return
  command -v ruby >/dev/null || return 0
  find "$1" -name '*.rb' -print0 | xargs -0 -n 1 ruby -c
}

# Why what was generated is not compiled as well; "": it was.
not_compiled() {
  case $1 in
    csharp) echo "that takes packages of NuGet" ;;
    objc) echo "that takes Apple's Foundation" ;;
    php | ruby) command -v "$1" >/dev/null || echo "there is no $1 here" ;;
  esac
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
  export -f "build_$1" each_has
  export here
  (cd "$work/$1" && timeout 600 bash -c '"build_$0" "$@"' "$1" "$2" "$3") </dev/null 2>&1 |
    sed 's/\x1b\[[0-9;]*m//g' >"$work/$1.log"
}

compiled=0 generated=0 skipped=0 failed=0
skip() {
  echo "SKIPPED: $1: $2"
  skipped=$((skipped + 1))
}

one() {
  local lacking why_not
  lacking=$(missing_tool "$1")
  [ -z "$lacking" ] || { skip "$1" "$lacking" && return; }
  mkdir "$work/$1"
  build "$1" probe "$here/probe" ||
    { skip "$1" "its toolchain or registry: $(reason "$work/$1.log")" && return; }
  if build "$1" contract "$work/contract"; then
    why_not=$(not_compiled "$1")
    if [ -z "$why_not" ]; then
      echo "$1: generated and compiled"
      compiled=$((compiled + 1))
    else
      echo "$1: generated. SKIPPED: compiling it: $why_not"
      generated=$((generated + 1))
    fi
  else
    sed "s|$work/||g; s/^/$1: /" "$work/$1.log"
    echo "FAILED: $1; see above."
    failed=$((failed + 1))
  fi
}

for language in "${languages[@]}"; do
  one "$language"
done
echo "$compiled generated and compiled, $generated generated only, $skipped skipped, $failed failed"
[ "$failed" -eq 0 ]
