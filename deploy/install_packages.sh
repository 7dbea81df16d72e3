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

# Debian starts and enables a server when it installs it. Muster only needs the programs, so a machine
# that had no such server is left without a running one.
declare -A services=([openssh-server]=ssh [influxdb]=influxdb [prometheus]=prometheus)
new_services=()
for package in "${packages[@]}"; do
  [ -z "${services[$package]:-}" ] || new_services+=("${services[$package]}.service")
done
policy=/usr/sbin/policy-rc.d
placed_policy=no
remove_policy() {
  if [ "$placed_policy" = yes ]; then "${as_root[@]}" rm -f "$policy"; fi
}
trap remove_policy EXIT
if [ "${#new_services[@]}" -gt 0 ] && [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null ||
    die "cannot write $policy as root"
  placed_policy=yes
  "${as_root[@]}" chmod 755 "$policy"
fi

echo "install_packages: installing ${#packages[@]} Debian packages: ${packages[*]}"
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q "$@"
}
apt update || echo "install_packages: apt-get update failed; trying with the lists that are there." >&2
apt install -y --no-install-recommends "${packages[@]}" ||
  die "apt-get could not install the packages; its message is above. Once it can, run this again."

if [ "${#new_services[@]}" -gt 0 ] && command -v systemctl >/dev/null; then
  "${as_root[@]}" systemctl disable "${new_services[@]}" >/dev/null 2>&1 || true
  echo "install_packages: installed, but not started and not enabled: ${new_services[*]}"
fi
mapfile -t packages < <(missing)
[ "${#packages[@]}" -eq 0 ] || die "still missing: ${packages[*]}"
