#!/bin/bash
# Builds the SSH library that Debian's next release has (the source package of sid), in a folder of its own, and
# compiles and tests Muster with it in place of the installed one. Takes some fifteen minutes on two cores.
#
#   tests/libssh_next.sh [FOLDER]     default: ~/.cache/muster/libssh_next; what is built there is taken as it is
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ $# -le 1 && ${1:-} != -* ]] || { sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2; }
folder=$(realpath -m "${1:-$HOME/.cache/muster/libssh_next}")
built=$folder/built

# apt checks who signed the list, and the list's sums the source.
get_source() {
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/source"
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian sid main" \
    >"$folder/sid.list"
  local options=(-o Dir::Etc::SourceList="$folder/sid.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::Lists="$folder/lists" -o Dir::Cache="$folder/cache" -o APT::Sandbox::User=root
    -o APT::Get::List-Cleanup=0)
  apt-get "${options[@]}" update
  (cd "$folder/source" && apt-get "${options[@]}" source --download-only libssh)
}

build() {
  ./deploy/install_packages.sh deploy/packages.txt
  command -v cmake >/dev/null || { echo "tests/libssh_next.sh: cmake is missing: apt-get install cmake" >&2; exit 1; }
  get_source
  local archive
  archive=$(ls "$folder"/source/libssh_*.orig.tar.xz)
  tar -xJf "$archive" -C "$folder/source" --one-top-level=libssh --strip-components=1
  cmake -S "$folder/source/libssh" -B "$folder/build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DWITH_EXAMPLES=OFF \
    -DCMAKE_INSTALL_PREFIX="$built" -DCMAKE_INSTALL_LIBDIR=lib >"$folder/build.log"
  cmake --build "$folder/build" --parallel "$(nproc)" --target install >>"$folder/build.log"
}

[[ -e $built/lib/libssh.so.4 ]] || build
echo "With $(basename "$(realpath "$built/lib/libssh.so.4")"):"
sources='^(ssh_engine|tests/ssh_engine)/.*'
exec bazel test --config=opt --symlink_prefix=/ --keep_going \
  --per_file_copt="$sources@-isystem,$built/include" --linkopt=-L"$built/lib" --linkopt=-Wl,-rpath,"$built/lib" \
  --test_env=LD_LIBRARY_PATH="$built/lib" //tests/ssh_engine/... //tests/integration/...
