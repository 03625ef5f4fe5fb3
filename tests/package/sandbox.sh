# Of tests/package/installed: what the sandbox of the unit lets through, asked of a program within it, the command of a plan.

# probe EXPECTED... : what a program of the service is let, as lines "NAME yes" and "NAME no"
probe() {
    ends 0 custody plan run sandbox --reason trial --follow
    ends 0 env CUSTODY_PASSPHRASE_FILE=/root/passphrase custody cat latest:sandbox sandbox.txt --vault /media/disk-a/vault
    says "$@"
}

# What holds whatever drop-ins there are.
always=("another-user yes" "user-name-space no" "writes-programs no" "writes-settings no" "writes-homes no" "writes-data yes"
        "sets-clock no" "sees-first-process no")

add_probe() {
    [ ! -e "$work/root/usr/local/sbin/sandbox-probe" ] || return 0
    cat >"$work/root/usr/local/sbin/sandbox-probe" <<'SH'
#!/bin/sh
# What it may is told, and undone. Run by the service only.
at=$(mktemp -d /var/cache/custody/probe-XXXXXX)
tell() { name=$1; shift; if "$@" >/dev/null 2>&1; then echo "$name yes"; else echo "$name no"; fi; }
date +%s.%N
touch "$at/file"
tell device-node mknod "$at/node" c 1 3
tell immutable chattr +i "$at/file"
chattr -i "$at/file" 2>/dev/null
tell set-user-id chmod u+s "$at/file"
tell another-user setpriv --reuid=65534 --regid=65534 --clear-groups true
tell mount-name-space unshare -m true
tell user-name-space unshare -U true
tell writes-programs touch /usr/bin/custody
tell writes-settings touch /etc/hostname
tell writes-homes touch /root/passphrase
tell writes-data touch /srv/documents
tell sets-clock date -s "$(date)"
tell sees-first-process test -e /proc/1/status
tell sees-disks sh -c 'for node in /dev/loop*; do test -b "$node" && exit 0; done; exit 1'
rm -rf "$at"
SH
    chmod 0755 "$work/root/usr/local/sbin/sandbox-probe"
    add_to_configuration '
[[plan]]
name = "sandbox"
label = "config"
source = { command = ["/usr/local/sbin/sandbox-probe"], file = "sandbox.txt", every = "30d" }
media = ["disk-a", "disk-b"]
'
    reload_service sandbox
}
