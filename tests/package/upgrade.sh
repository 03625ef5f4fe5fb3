# Part of tests/package/installed: the next revision is installed while a job runs.

# room : MiB of disk-a that are used, also by files that have no name yet
room() { df -m --output=used "$work/root/media/disk-a" | tail -n 1; }
is_storing() { [ "$(room)" -ge $(($1 + 12)) ]; }

show_upgrade() {
    step "upgraded while a job runs: catalogue, keyring and vaults stay, the service runs anew, the job is run again"
    mkdir -p "$work/root/srv/large"
    head -c 90M /dev/urandom >"$work/root/srv/large/scans.tar"
    add_to_configuration '
[[plan]]
name = "large"
label = "business"
source = { files = ["/srv/large"] }
schedule = "0 4 * * *"
bandwidth = "2MiB"
'
    before=$(room)
    reload_service large
    # It never ran, so it is made up at once.
    within 60 job_is "job.get('plan') == 'large' and job['state'] == 'running'"
    running=$found
    within 60 is_storing "$before"
    # Copies of drop-ins as of an earlier version: one as it came, one that somebody changed.
    ends 0 sh -c 'cd /usr/share/custody/systemd && echo "# of an earlier version" | tee -a disks.conf >>drills.conf &&
        cp disks.conf drills.conf /etc/systemd/system/custodyd.service.d/ && echo "# ours" >>/etc/systemd/system/custodyd.service.d/drills.conf'
    ends 0 systemctl show -P MainPID custodyd
    main=$out
    sums=$(sha256sum <"$work/root/media/offline-2/SHA256SUMS" | cut -d' ' -f1)
    ends 0 sh /media/offline-2/install.sh --sums "$sums"
    says "installed: custody" "-2" "disks.conf is now that of this version" "drills.conf was changed here and stays"
    ends 0 cmp /usr/share/custody/systemd/disks.conf /etc/systemd/system/custodyd.service.d/disks.conf
    ends 0 sh -c 'cd /etc/systemd/system/custodyd.service.d && grep -qx "# ours" drills.conf && rm disks.conf drills.conf'
    ends 0 systemctl is-active custodyd
    ends 0 systemctl show -P MainPID custodyd
    [ "$out" != "$main" ] || fail "the old program still runs"
    # What was cut off is told as such, and begins again by itself; what it had stored is not stored again.
    ask job show "$running"
    find_in "j['state'] == 'interrupted' and j['snapshot'] is None" || fail "the job that ran while the package was exchanged: $out"
    sed -i '/^bandwidth/d' "$work/root/etc/custody/custody.toml"
    ends 0 systemctl reload custodyd
    within 240 job_is "job.get('plan') == 'large' and job['state'] == 'done' and job['id'] > $running"
    ask job show "$found"
    find_in "j['bytes']['new'] < j['bytes']['read'] and j['bytes']['read'] >= 90 << 20" || fail "nothing was found of what the job before had stored: $out"
    records_are_kept
    [ "$(keyring)" = "$before_keyring" ] || fail "the keyring was changed"
    ends 0 sh /media/offline-2/install.sh --sums "$sums" --recommended
    # Now openssl is there: by the signature, with the program of the package; the key is kept, and is the default then.
    ends 0 /usr/share/custody/install-offline /media/offline-2 --key /root/signer.pem
    says package-signer.pem
    ends 0 /usr/share/custody/install-offline /media/offline-2 --check
}
