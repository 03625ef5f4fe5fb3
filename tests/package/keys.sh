# Part of tests/package/installed: work that wants a label's secret, and what a person unlocks for it. What the service keeps of its
# own records has the label log, so both labels lie on each medium.

verified() { job_is "job['kind'] == 'verify' and job['medium'] == '$1' and job['state'] == '$2' and job['id'] > ${3:-0}"; }

alerts_say() { ends 0 custody alert list; [[ $out == *"$1"* ]]; }

show_keys() {
    step "work that needs a key waits, and goes on when a person unlocks the labels"
    sed -i '/^name = "documents"/a verify = { level = "sample", every = "1d", sample = 100 }' "$work/root/etc/custody/custody.toml"
    ends 0 custodyd --check-config
    within 120 job_is "job['kind'] == 'catalog' and job['label'] == 'log' and job['state'] == 'done'"
    # Anew: a medium that was looked at is left alone for an hour, however closely the next look is to be.
    restart_service
    for disk in disk-a disk-b; do within 150 verified $disk waiting_for_key; done
    for label in business log; do within 30 alerts_say "custody key unlock --label $label"; done
    # By a passphrase at another terminal: the service has a session, and so a keyring, of its own.
    for label in business log; do ends 0 env CUSTODY_PASSPHRASE_FILE=/root/passphrase custody key unlock --label $label --for 4h; done
    for disk in disk-a disk-b; do within 60 verified $disk done; done
    ask job show "$found"
    find_in "j['read_back']['objects'] > 0 and j['read_back']['damaged'] == 0" || fail "nothing was proven: $out"
    ends 0 custody key lock
    says business log
    alerts_are_over() { ! alerts_say "key unlock"; }
    within 30 alerts_are_over
}
