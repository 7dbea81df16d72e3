#!/bin/bash
# Installs what deploy/packages.txt names and this machine lacks. Does nothing, and needs neither
# root nor a network, when nothing is missing.
#
#   deploy/install_packages.sh [FILE...]      lists to read; default: packages.txt beside this script
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lists=("$@")
[ "${#lists[@]}" -gt 0 ] || lists=("$here/packages.txt")

die() {
  printf 'install_packages: %s\n' "$*" >&2
  exit 1
}

wanted() { sed 's/#.*//' "${lists[@]}" | tr -s '[:space:]' '\n' | sed '/^$/d' | sort -u; }

missing() {
  local package
  while read -r package; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      printf '%s\n' "$package"
  done < <(wanted)
}

explain_other_system() {
  die "this is ${PRETTY_NAME:-not a system that I know}; Muster builds on Debian 12 with the" \
    "packages of ${lists[*]}. In a container: docker run -it -v \"\$PWD:/muster\" debian:12"
}

[ -r /etc/os-release ] && . /etc/os-release
command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || explain_other_system

mapfile -t packages < <(missing)
if [ "${#packages[@]}" -eq 0 ]; then
  echo "install_packages: everything is there already."
  exit 0
fi
[ "${ID:-}" = debian ] && [ "${VERSION_ID:-}" = 12 ] || explain_other_system

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null ||
    die "these packages are missing, and there is no sudo here. As root: apt-get install ${packages[*]}"
  as_root=(sudo)
  # Without a terminal sudo could wait for a password for ever.
  [ -t 0 ] || as_root=(sudo -n)
fi

# Debian starts and enables sshd when it installs it. Muster only needs the program, so a machine
# that had no SSH server is left without a running one.
policy=/usr/sbin/policy-rc.d
new_sshd=no
placed_policy=no
remove_policy() {
  if [ "$placed_policy" = yes ]; then "${as_root[@]}" rm -f "$policy"; fi
}
trap remove_policy EXIT
if printf '%s\n' "${packages[@]}" | grep -qx openssh-server; then
  new_sshd=yes
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null ||
      die "cannot write $policy as root"
    placed_policy=yes
    "${as_root[@]}" chmod 755 "$policy"
  fi
fi

echo "install_packages: installing ${#packages[@]} Debian packages: ${packages[*]}"
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q "$@"
}
apt update || echo "install_packages: apt-get update failed; trying with the lists that are there." >&2
apt install -y --no-install-recommends "${packages[@]}" ||
  die "apt-get could not install the packages; its message is above. Once it can, run this again."

if [ "$new_sshd" = yes ] && command -v systemctl >/dev/null; then
  "${as_root[@]}" systemctl disable ssh.service >/dev/null 2>&1 || true
  echo "install_packages: openssh-server is installed, but not started and not enabled."
fi
mapfile -t packages < <(missing)
[ "${#packages[@]}" -eq 0 ] || die "still missing: ${packages[*]}"
