/**
 * A shell script for root that installs Debian packages and leaves nothing running: Debian's postgresql would create and
 * start a cluster of its own, and its nats-server a service. What the script changes for that, it puts back.
 */
export function installScript(packages: readonly string[]): string {
  return `set -eu
export DEBIAN_FRONTEND=noninteractive
cluster=/etc/postgresql-common/createcluster.d/steward-setup.conf
policy=/usr/sbin/policy-rc.d
ours=''
cleanup() {
  rm -f "$cluster"
  if [ -n "$ours" ]; then rm -f "$policy"; fi
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$(dirname "$cluster")"
echo 'create_main_cluster = false' > "$cluster"
if [ ! -e "$policy" ]; then
  ours=yes
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get -qq -o DPkg::Lock::Timeout=120 update || echo 'apt-get update failed; trying with the lists that are here' >&2
apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 install ${packages.join(' ')}
if [ -d /run/systemd/system ]; then
  for unit in nats-server; do
    case ' ${packages.join(' ')} ' in *" $unit "*) systemctl disable --now "$unit" || true ;; esac
  done
fi
`;
}
