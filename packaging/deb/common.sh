#!/bin/sh
# Put in front of each maintainer script by scripts/package: its words, in the language of whoever installs.
set -e

# tell ENGLISH VIETNAMESE
tell() {
    case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in
        vi*) printf 'custody: %s\n' "$2" ;;
        *) printf 'custody: %s\n' "$1" ;;
    esac
}

configuration=/etc/custody/custody.toml
catalog=/var/lib/custody/catalog.db
unit=custodyd.service
# preinst leaves it where the package comes back after it was removed: the service was stopped by us then, and by nobody else.
came_back=/run/custody-came-back

# Drop-ins that came with the package and were copied for the unit, and those among them that nobody had changed before an upgrade.
drop_ins_shipped=/usr/share/custody/systemd
drop_ins=/etc/systemd/system/custodyd.service.d
drop_ins_unchanged=/run/custody-drop-ins

systemd_runs() { [ -d /run/systemd/system ]; }
service_runs() { systemd_runs && systemctl --quiet is-active "$unit" 2>/dev/null; }
# Starts, stops and restarts go the way that honours what the administrator allows (policy-rc.d).
service() {
    if command -v deb-systemd-invoke >/dev/null 2>&1; then deb-systemd-invoke "$1" "$unit" >/dev/null; else systemctl "$1" "$unit"; fi
}

