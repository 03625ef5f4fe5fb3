# Part of tests/package/installed: downgrade, removal, purge. After the part upgrade.
show_removal() {
    step "a downgrade below the catalogue's format is refused in words"
    ends 0 systemctl stop custodyd
    format=$(od -An -tu1 -j60 -N4 "$work/root/var/lib/custody/catalog.db")
    printf '\0\0\047\017' | dd of="$work/root/var/lib/custody/catalog.db" bs=1 seek=60 conv=notrunc status=none
    ends 1 dpkg -i "/media/offline-1/packages/${first##*/}"
    says "format 9999" "nothing was changed"
    ends 0 dpkg-query -W -f '${Version} ${db:Status-Status}' custody
    says "-2 installed"
    ends 5 custodyd --config /etc/custody/custody.toml
    says 9999
    printf "$(printf '\\%03o' $format)" | dd of="$work/root/var/lib/custody/catalog.db" bs=1 seek=60 conv=notrunc status=none
    ends 0 systemctl start custodyd
    records_are_kept

    step "removed, and installed again: it runs again"
    ends 0 dpkg -r custody
    says "stay as they are"
    ends 3 systemctl is-active custodyd
    ends 0 dpkg -i "/media/offline-2/packages/${second##*/}"
    ends 0 systemctl is-active custodyd

    step "purged: keys, records and vaults are kept, and it says so"
    ends 0 systemctl stop custodyd
    before_a=$(vault a) before_b=$(vault b)
    ends 0 dpkg -P custody
    says "kept on purpose: /etc/custody" "kept on purpose: /var/lib/custody"
    [ ! -e "$work/root/var/cache/custody" ] || fail "the cache is still there"
    [ "$(keyring)" = "$before_keyring" ] || fail "the keyring was changed"
    [ "$(vault a)" = "$before_a" ] && [ "$(vault b)" = "$before_b" ] || fail "a vault was changed"
    ends 0 /bin/sh /media/offline-2/install.sh
    ends 0 env CUSTODY_PASSPHRASE_FILE=/root/passphrase custody restore latest:documents --vault /media/disk-b/vault --target /root/back
    cmp "$work/root/srv/documents/resolution.txt" "$work/root/root/back/srv/documents/resolution.txt" || fail "the restored file differs"
}
