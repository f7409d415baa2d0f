#!/bin/sh
# Build the root file system of a node; called by image.py inside mount and pid namespaces of its own.
#
# usage: build_image.sh WORK SUITE MIRROR "PACKAGE ..."
# WORK holds sources.list (empty: keep those of the pulled image) and apt.conf; the result is
# WORK/rootfs.tar, which gets its name last.
# Lines that begin with "mesosdeploy: " are progress for the user.
set -eu

work=$1 suite=$2 mirror=$3 packages=$4
root=$work/rootfs
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
umask 022

in_root() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"; }

if [ ! -d "$root" ]; then # else it was unpacked from a pulled image
    mkdir "$root"
    # In memory where there is plenty: dpkg syncs after every package, which takes minutes on a busy disk.
    if [ "$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)" -gt 4000000 ]; then
        mount -t tmpfs -o mode=755,size=3g tmpfs "$root"
    fi
    echo "mesosdeploy: bootstrapping $suite"
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror"
fi

# Only what the build needs: dpkg without fsync, no documentation, no daemon started in the chroot.
printf 'force-unsafe-io\n' >"$root/etc/dpkg/dpkg.cfg.d/mesosdeploy-build"
cat >"$root/etc/dpkg/dpkg.cfg.d/mesosdeploy" <<'END'
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-include=/usr/share/locale/locale.alias
END
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
cp "$work/apt.conf" "$root/etc/apt/apt.conf.d/80mesosdeploy"
if [ -s "$work/sources.list" ]; then
    cp "$work/sources.list" "$root/etc/apt/sources.list"
    rm -f "$root"/etc/apt/sources.list.d/*
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"

echo "mesosdeploy: installing the packages of a node"
in_root apt-get -qq update
in_root apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends dist-upgrade
# shellcheck disable=SC2086 # a list of words
in_root apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends install $packages

echo "mesosdeploy: configuring the node image"
# The nodes share the host's kernel and its /dev: nothing may set kernel parameters, drive consoles or
# devices. Timers that download are the operator's business.
in_root systemctl mask --quiet \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
    console-getty.service getty.target getty-static.service systemd-logind.service \
    systemd-sysctl.service systemd-modules-load.service kmod-static-nodes.service \
    systemd-remount-fs.service systemd-tmpfiles-setup-dev.service systemd-udev-trigger.service systemd-udevd.service \
    systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-pstore.service \
    systemd-binfmt.service proc-sys-fs-binfmt_misc.automount proc-sys-fs-binfmt_misc.mount systemd-random-seed.service \
    dev-hugepages.mount dev-mqueue.mount sys-fs-fuse-connections.mount sys-kernel-config.mount \
    sys-kernel-debug.mount sys-kernel-tracing.mount
in_root systemctl enable --quiet ssh.service
# Preloaded for the roles that configure them.
in_root systemctl disable --quiet haproxy.service prometheus.service prometheus-alertmanager.service \
    prometheus-node-exporter.service prometheus-blackbox-exporter.service
in_root systemctl set-default --quiet multi-user.target

mkdir -p "$root/etc/systemd/journald.conf.d" "$root/etc/systemd/system.conf.d" "$root/root/.ssh"
cat >"$root/etc/systemd/journald.conf.d/mesosdeploy.conf" <<'END'
[Journal]
Storage=volatile
RuntimeMaxUse=64M
ReadKMsg=no
Audit=no
END
cat >"$root/etc/systemd/system.conf.d/mesosdeploy.conf" <<'END'
[Manager]
ShowStatus=no
DefaultTimeoutStopSec=20s
END
cat >"$root/etc/ssh/sshd_config.d/mesosdeploy.conf" <<'END'
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
PrintMotd no
MaxSessions 100
MaxStartups 100
END
chmod 700 "$root/root/.ssh"
printf 'LANG=C.UTF-8\n' >"$root/etc/default/locale"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
: >"$root/etc/hostname"

# A machine's identity and the build's traces do not belong in an image.
: >"$root/etc/machine-id"
rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id" "$root/usr/sbin/policy-rc.d" \
    "$root/etc/dpkg/dpkg.cfg.d/mesosdeploy-build" "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old
in_root apt-get clean
umount "$root/proc"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/log/* "$root"/tmp/* "$root"/run/*
find "$root/usr/share/doc" -type f ! -name copyright -delete
find "$root/usr/share/man" "$root/usr/share/info" "$root/usr/share/locale" ! -type d -delete
: >"$root/etc/resolv.conf"

echo "mesosdeploy: packing the node image"
tar -C "$root" --numeric-owner --one-file-system -cf "$work/rootfs.tar.part" .
mv "$work/rootfs.tar.part" "$work/rootfs.tar"
