# Part of tests/package/installed: disks.conf. A disk is prepared, taken out, comes back, is brought into step and unmounted by the
# service; an image of a mounted file system is taken while that is frozen; a btrfs subvolume is backed up from a snapshot of it.

is_unmounted() { ! inside findmnt -n "$1" >/dev/null; }
medium_is() { ask media list; find_in "next(($1 for medium in j['media'] if medium['name'] == 'disk-c'), False)"; }

new_disk() {
    truncate -s "$2" "$work/$1.raw"
    attach_loop "$1" "$work/$1.raw"
}

pull() {
    losetup --detach "${device[$1]}"
    unset "device[$1]"
}

show_disks() {
    if ! new_disk disk-c 256M; then
        echo "(no loop devices here: removable media, images and btrfs are left out)"
        return
    fi
    step "a shop disk becomes a removable medium"
    ends 5 custody media prepare "${device[disk-c]}" --name disk-c --mount /mnt/disk-c --yes
    ask media prepare "${device[disk-c]}" --name disk-c --mount /mnt/disk-c --confirm "$work/disk-c.raw"
    find_in "j['file_system_uuid']" || fail "no UUID: $out"
    add_to_configuration "
[[medium]]
name = \"disk-c\"
vault = \"/mnt/disk-c/vault\"
removable = true
uuid = \"$found\"
exception = \"12/QĐ-UBND: a trial on one disk\"
"
    ends 0 env CUSTODY_PASSPHRASE_FILE=/root/passphrase custody init --vault /mnt/disk-c/vault
    restart_service
    ends 0 custody status
    says "disks.conf"
    ends 0 sh -c 'mkdir -p /etc/systemd/system/custodyd.service.d && cp /usr/share/custody/systemd/disks.conf /etc/systemd/system/custodyd.service.d/'
    restart_service
    ends 0 custody status
    [[ $out != *"disks.conf"* ]] || fail "it asks for what it has: $out"
    add_probe
    probe "${always[@]}" "mount-name-space yes" "sees-disks yes"
    within 60 medium_is "medium['present']"
    within 120 job_is "job['kind'] == 'copy' and job['medium'] == 'disk-c' and job['state'] == 'done'"
    ends 0 custody media detach disk-c
    is_unmounted /mnt/disk-c || fail "disk-c is mounted after 'media detach'"

    step "away, it owes; it comes back, is brought into step, and can be taken out"
    pull disk-c
    within 60 medium_is "not medium['present']"
    echo "nghị quyết 13" >"$work/root/srv/documents/resolution-13.txt"
    ends 0 custody plan run documents --reason "while disk-c is away" --follow
    within 30 medium_is "medium['owed_snapshots'] > 0"
    job_is "job['kind'] == 'copy'" || found=0
    last=$found
    attach_loop disk-c "$work/disk-c.raw"
    within 120 job_is "job['kind'] == 'copy' and job['medium'] == 'disk-c' and job['state'] == 'done' and job['id'] > $last"
    within 60 is_unmounted /mnt/disk-c
    within 60 medium_is "medium['may_be_removed']"
    # It is mounted for all to see, and carefully, when a person wants to restore from it.
    ends 0 custody media attach disk-c --keep --follow
    ends 0 findmnt -n -o OPTIONS /mnt/disk-c
    says nosuid nodev noexec
    ends 0 env CUSTODY_PASSPHRASE_FILE=/root/passphrase custody cat latest:documents /srv/documents/resolution-13.txt --vault /mnt/disk-c/vault
    says "nghị quyết 13"
    ends 0 custody media detach disk-c
    is_unmounted /mnt/disk-c || fail "disk-c is mounted after 'media detach'"
    pull disk-c

    step "an image of a mounted file system, frozen for the moment"
    new_disk app 48M
    mke2fs -q -t ext4 "${device[app]}"
    ends 0 mkdir -p /srv/app
    ends 0 mount "${device[app]}" /srv/app
    head -c 2M /dev/urandom >"$work/app.data"
    inside sh -c 'cat >/srv/app/data' <"$work/app.data"
    add_to_configuration "
[[plan]]
name = \"app\"
label = \"image\"
source = { image = \"${device[app]}\" }
schedule = \"0 5 * * sun\"
media = [\"disk-a\", \"disk-b\"]
"
    reload_service app  # which runs it: it never ran
    within 120 job_is "job.get('plan') == 'app' and job['state'] == 'done'"
    # What was frozen is whole: nothing to replay, nothing to mend.
    ends 0 env CUSTODY_PASSPHRASE_FILE=/root/passphrase custody restore latest:app --image /root/app.raw --vault /media/disk-a/vault
    ends 0 e2fsck -fn /root/app.raw
    [[ $out != *recover* ]] || fail "the image was taken out of a file system that was written to: $out"
    ends 0 touch /srv/app/thawed
    ends 0 umount /srv/app
    pull app

    if ! command -v mkfs.btrfs >/dev/null || ! grep -qw btrfs /proc/filesystems; then
        echo "(no btrfs here: snapshots of it are left out)"
        return
    fi
    step "a btrfs subvolume, from a snapshot of it that is removed again"
    new_disk people 128M
    mkfs.btrfs -q "${device[people]}" >/dev/null 2>&1
    ends 0 mkdir -p /srv/people
    ends 0 mount "${device[people]}" /srv/people
    echo "hộ khẩu" >"$work/people"
    inside sh -c 'cat >/srv/people/register' <"$work/people"
    add_to_configuration '
[[plan]]
name = "people"
label = "business"
source = { files = ["/srv/people"] }
schedule = "0 6 * * *"
media = ["disk-a", "disk-b"]
'
    reload_service people
    within 120 job_is "job.get('plan') == 'people' and job['state'] == 'done'"
    ask job show "$found"
    find_in "not [line for line in j['warnings'] if 'snapshot' in str(line)]" || fail "it was backed up live: $out"
    ends 0 env CUSTODY_PASSPHRASE_FILE=/root/passphrase custody cat latest:people /srv/people/register --vault /media/disk-b/vault
    says "hộ khẩu"
    ends 0 ls -A /srv/people
    [ "$out" = register ] || fail "something is left of the snapshot: $out"
    ends 0 umount /srv/people
    pull people
}
