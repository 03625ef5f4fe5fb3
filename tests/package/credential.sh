# Part of tests/package/installed: a custodian's server. The passphrase comes as a credential that systemd keeps encrypted, and
# restore drills may set what other services may not (drills.conf).

show_credential() {
    step "the sandbox of the unit, asked from within"
    add_probe
    probe "${always[@]}" "device-node no" "immutable no" "set-user-id no" "mount-name-space no" "sees-disks no"

    step "a passphrase that systemd keeps encrypted opens the labels, and nobody has to come"
    ends 0 sh -c 'systemd-creds encrypt --name=custody-passphrase - /etc/custody/custody-passphrase.cred </root/passphrase'
    mkdir -p "$work/root/etc/systemd/system/custodyd.service.d"
    printf '%s\n' '[Service]' 'LoadCredentialEncrypted=custody-passphrase:/etc/custody/custody-passphrase.cred' \
        >"$work/root/etc/systemd/system/custodyd.service.d/credential.conf"
    sed -i '/^verify = .*sample/d; /^name = "documents"/a verify = { level = "full", every = "1d" }' "$work/root/etc/custody/custody.toml"
    add_to_configuration '
[keys]
role = "custodian"
'
    ends 0 custodyd --check-config
    job_is True || found=0
    last=$found
    restart_service
    ends 0 custody status
    says "restore drills" "drills.conf"
    for disk in disk-a disk-b; do within 150 job_is "job['kind'] == 'verify' and job['medium'] == '$disk' and job['state'] == 'done' and job['id'] > $last"; done
    ask job list --limit 50
    find_in "all(job['state'] != 'waiting_for_key' for job in (j['jobs'] if isinstance(j, dict) else j))" || fail "something waits for a key that it has: $out"

    step "drills.conf, put where the service says"
    ends 0 sh -c 'cp /usr/share/custody/systemd/drills.conf /etc/systemd/system/custodyd.service.d/'
    restart_service
    ends 0 custody status
    [[ $out != *"drills.conf"* ]] || fail "it asks for what it has: $out"
    probe "${always[@]}" "device-node yes" "immutable yes" "set-user-id yes" "mount-name-space no"
}
