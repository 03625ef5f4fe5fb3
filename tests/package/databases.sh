# Part of tests/package/installed: plans of PostgreSQL and MariaDB under the unit's sandbox, with servers from the distribution that
# run as services of their own in the tree; and what was backed up, read back into them.

# The packages of the servers that the tree lacks, fetched by apt as for a machine that has what the tree has.
fetch_servers() {
    servers=${tree:+$tree.servers}
    servers=${servers:-$work/servers}
    mkdir -p "$servers/archives/partial" "$work/apt-state"
    apt-get -o "Dir::State=$work/apt-state" -o Dir::State::lists=/var/lib/apt/lists -o "Dir::State::status=$work/root/var/lib/dpkg/status" \
        -o "Dir::Cache=$servers" -o Debug::NoLocking=1 -o APT::Sandbox::User= -o APT::Install-Recommends=false \
        --yes --download-only -qq install postgresql mariadb-server >"$work/servers.log" 2>&1
}

show_databases() {
    step "servers of PostgreSQL and MariaDB are installed"
    if ! fetch_servers; then
        tail -n 3 "$work/servers.log"
        echo "(apt has no packages of database servers: left out)"
        return
    fi
    mkdir -p "$work/root/media/servers"
    cp "$servers"/archives/*.deb "$work/root/media/servers/"
    ends 0 sh -c 'DEBIAN_FRONTEND=noninteractive apt-get -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=/dev/null -o Dpkg::Use-Pty=0 \
        --yes -qq --no-install-recommends --no-remove install /media/servers/*.deb'
    rm -rf "$work/root/media/servers"
    ends 0 systemctl is-active mariadb.service
    within 30 inside runuser -u postgres -- psql -qc "select 1"
    ends 0 runuser -u postgres -- psql -v ON_ERROR_STOP=1 -q -c "create role custody_backup login superuser password 'mat-khau-sao-luu'" \
        -c "create database portal"
    ends 0 runuser -u postgres -- psql -v ON_ERROR_STOP=1 -q -d portal \
        -c "create table citizen as select n as id, md5(n::text) as name from generate_series(1, 5000) n"
    # Passwords stay in the files of the clients, which only root reads.
    (umask 077
     printf '[portal]\nhost=127.0.0.1\nuser=custody_backup\npassword=mat-khau-sao-luu\ndbname=portal\n' >"$work/root/root/.pg_service.conf"
     printf '[client]\nhost=127.0.0.1\nuser=custody_backup\npassword=mat-khau-sao-luu\n' >"$work/root/etc/custody/registry.cnf")
    ends 0 mariadb -e "create user custody_backup@'%' identified by 'mat-khau-sao-luu'; grant all on *.* to custody_backup@'%'; \
        create database registry; create table registry.deed (id int primary key, owner text); \
        insert into registry.deed values (1, 'Lan'), (2, 'Minh'), (3, 'Hoa')"

    step "both are backed up by the service and read back"
    add_to_configuration '
[[plan]]
name = "portal-db"
label = "database"
source = { postgresql = "service=portal" }
schedule = "0 2 * * *"
media = ["disk-a", "disk-b"]

[[plan]]
name = "registry-db"
label = "database"
source = { mariadb = "/etc/custody/registry.cnf" }
schedule = "15 2 * * *"
media = ["disk-a", "disk-b"]
'
    ends 0 custodyd --check-config
    restart_service
    for plan in portal-db registry-db; do ends 0 custody plan run $plan --reason trial --follow; done
    read_back=(env CUSTODY_PASSPHRASE_FILE=/root/passphrase custody restore --vault /media/disk-b/vault)
    ends 0 "${read_back[@]}" latest:portal-db --target /var/tmp/portal
    ends 0 chmod -R a+rX /var/tmp/portal
    ends 0 sh -c 'runuser -u postgres -- createdb portal_back && runuser -u postgres -- psql -v ON_ERROR_STOP=1 -q -d portal_back -f /var/tmp/portal/postgresql/portal/databases/portal.sql'
    ends 0 runuser -u postgres -- psql -At -d portal_back -c "select count(*) from citizen"
    [ "$out" = 5000 ] || fail "rows of citizen that came back: $out"
    ends 0 cat /var/tmp/portal/postgresql/portal/evidence/evidence.json
    says '"rows":5000'
    ends 0 "${read_back[@]}" latest:registry-db --target /var/tmp/registry
    ends 0 mariadb -e "drop database registry"
    ends 0 sh -c 'cat /var/tmp/registry/mariadb/*/databases.sql | mariadb'
    ends 0 mariadb -N -e "select group_concat(owner order by id) from registry.deed"
    says Lan,Minh,Hoa

    step "a server that is away fails the run, and is named"
    ends 0 systemctl stop mariadb
    ends 1 custody plan run registry-db --reason trial --follow
    says MariaDB
    ends 0 systemctl start mariadb
}
