// custody backup: files and folders, an image, a stream, or live databases.
#include "base/block_device.h"
#include "base/counts.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command_table.h"
#include "cli/live_sources.h"
#include "vault/archiver.h"
#include "vault/history/host_cache.h"
#include "vault/snapshot_name.h"
#include "vault/sources/block_image.h"
#include "vault/sources/file_selection.h"
#include "vault/sources/file_tree.h"
#include "vault/sources/image_keys.h"
#include "vault/sources/mariadb.h"
#include "vault/sources/postgresql.h"
#include "vault/sources/stream.h"
#include "vault/store/medium_check.h"

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cmath>
#include <sstream>

namespace custody {
namespace {

constexpr std::uint64_t kMaxExcludeFile = 4 * 1024 * 1024;

struct BackupFlags {
    std::vector<std::string> paths, excludes, exclude_files;
    std::string label, name, image, stream;
    std::string postgresql, mariadb, sqlite, as_user;
    unsigned reconcile_content = 0;  // per cent
    bool one_file_system = false, read_back = false, dry_run = false, allow_mounted = false, keep_free_blocks = false;
};

// What is backed up, with what was said when it was opened.
struct OpenSource {
    // Written to while the source is read: they outlive it.
    std::unique_ptr<FileTreeNotes> notes = std::make_unique<FileTreeNotes>();
    std::unique_ptr<PostgresqlNotes> postgresql = std::make_unique<PostgresqlNotes>();
    std::unique_ptr<MariadbNotes> mariadb = std::make_unique<MariadbNotes>();
    std::unique_ptr<Source> source;
    std::string default_name;
    std::vector<std::string> plan_facts, warnings;
    std::string description;                  // of an image
    std::vector<std::string> physical_paths;  // what lies on disks here
    bool may_hold_keyring = false;            // an image of the disk that the keyring lies on
};

Status check_flags(const BackupFlags& flags) {
    if (!flags.name.empty()) TRY(check_snapshot_name(flags.name));
    const bool is_database = !flags.postgresql.empty() || !flags.mariadb.empty();
    int sources = flags.paths.empty() ? 0 : 1;
    for (const std::string* source : {&flags.image, &flags.stream, &flags.postgresql, &flags.mariadb, &flags.sqlite})
        sources += !source->empty();
    if (sources == 0) {
        return Error{Code::usage, say("nothing to back up: name a PATH, --image, --stdin, --postgresql, --mariadb or --sqlite")};
    }
    if (sources > 1) {
        return Error{
            Code::usage,
            say("PATH, --image, --stdin, --postgresql, --mariadb and --sqlite exclude each other: back them up one by one")};
    }
    if (!flags.postgresql.empty()) TRY(check_conninfo(flags.postgresql));
    if (!is_database && !flags.as_user.empty()) {
        return Error{Code::usage, say("--as-user goes with --postgresql and --mariadb only")};
    }
    if (flags.image.empty() && (flags.allow_mounted || flags.keep_free_blocks)) {
        return Error{Code::usage, say("--allow-mounted and --keep-free-blocks go with --image only")};
    }
    const bool walks = !flags.paths.empty();
    if (!walks && (!flags.excludes.empty() || !flags.exclude_files.empty() || flags.one_file_system)) {
        return Error{Code::usage, say("--exclude, --exclude-from and --one-file-system go with PATH only")};
    }
    return done();
}

Status check_label(const Keyring& keyring, const std::string& label) {
    if (!label.empty()) return keyring.writer_keys(label).ok() ? done() : Status(keyring.writer_keys(label).error());
    std::string known;
    for (const LabelInfo& info : keyring.labels()) known += (known.empty() ? "" : ", ") + info.name;
    return Error{Code::usage, say("no label: give --label with one of {}", known)};
}

// From a file, a pipe or /dev/stdin.
Result<std::string> read_list(const std::string& file) {
    const Fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened.valid()) return system_error(errno, "read", file);
    std::string text;
    std::array<char, 64 * 1024> buffer;
    for (;;) {
        const ssize_t got = ::read(opened.get(), buffer.data(), buffer.size());
        if (got < 0) return system_error(errno, "read", file);
        if (got == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.size() > kMaxExcludeFile) {
            return Error{Code::usage, say("{} is longer than {}", printable(file), human_bytes(kMaxExcludeFile))};
        }
    }
}

// One glob a line; empty lines and lines that begin with # are skipped.
Status read_excludes(const std::string& file, std::vector<std::string>& into) {
    const auto text = read_list(file);
    if (!text.ok()) return Error{Code::usage, say("cannot read the list of excludes: {}", text.error().message)};
    std::istringstream lines{*text};
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty() && !line.starts_with('#')) into.push_back(line);
    }
    return done();
}

Result<OpenSource> open_files(Context& context, const BackupFlags& flags, const std::string& vault_path) {
    FileTreeOptions options;
    OpenSource opened;
    for (const std::string& path : flags.paths) {
        TRY_ASSIGN(std::string absolute, named_path(path, opened.warnings));
        options.paths.push_back(std::move(absolute));
    }
    TRY(lead_around_stored_links(options.paths, opened.warnings));
    options.excludes = flags.excludes;
    for (const std::string& file : flags.exclude_files) TRY(read_excludes(file, options.excludes));
    options.one_file_system = flags.one_file_system;
    options.count_ahead = context.progress().is_shown();
    exclude_always(context.files(), {context.settings().keyring, vault_path, default_cache_folder()}, options);
    TRY_ASSIGN(opened.source, open_file_tree(options, *opened.notes));
    TRY_ASSIGN(const std::string first, absolute_path(flags.paths.front()));  // a link's name, not that of where it leads today
    opened.default_name = first == "/" ? "root" : std::string(base_name(first));
    opened.plan_facts = plan_facts_of(options);
    opened.physical_paths = std::move(options.paths);
    return opened;
}

Result<OpenSource> open_image(Context& context, const BackupFlags& flags) {
    ImageOptions options;
    TRY_ASSIGN(options.path, absolute_path(flags.image));
    options.allow_mounted = flags.allow_mounted;
    options.keep_free_blocks = flags.keep_free_blocks;
    options.watch = {&context.stop(), &context.progress()};
    OpenSource opened;
    ImageNotes notes;
    TRY_ASSIGN(opened.source, open_block_image(options, notes));
    opened.warnings = std::move(notes.warnings);
    opened.description = std::move(notes.description);
    opened.default_name = std::string(base_name(options.path));
    if (options.keep_free_blocks) opened.plan_facts.emplace_back("keep-free-blocks");
    opened.may_hold_keyring = may_be_in_image(options.path, context.settings().keyring);
    if (opened.may_hold_keyring) {
        opened.warnings.push_back(image_keys_warning(options.path));
    }
    opened.physical_paths.push_back(options.path);
    return opened;
}

Result<OpenSource> open_database_server(Context& context, const BackupFlags& flags) {
    OpenSource opened;
    if (!flags.postgresql.empty()) {
        PostgresqlOptions options;
        options.conninfo = flags.postgresql;
        options.as_user = flags.as_user;
        TRY_ASSIGN(opened.source, open_postgresql(options, *opened.postgresql, context.clock(), context.stop()));
        opened.default_name = opened.postgresql->default_name;
        return opened;
    }
    MariadbOptions options;
    TRY_ASSIGN(options.defaults_file, absolute_path(flags.mariadb));
    options.as_user = flags.as_user;
    TRY_ASSIGN(opened.source, open_mariadb(options, *opened.mariadb, context.clock(), context.stop()));
    opened.default_name = opened.mariadb->default_name;
    return opened;
}

Result<OpenSource> open_source(Context& context, const BackupFlags& flags, const std::string& vault_path) {
    if (!flags.paths.empty()) return open_files(context, flags, vault_path);
    if (!flags.image.empty()) return open_image(context, flags);
    OpenSource opened;
    if (!flags.sqlite.empty()) {
        TRY_ASSIGN(LiveSource live, open_sqlite_file(context, flags.sqlite));
        opened.source = std::move(live.source);
        opened.default_name = std::move(live.default_name);
        opened.warnings = std::move(live.warnings);
        opened.physical_paths = std::move(live.physical_paths);
        return opened;
    }
    if (flags.stream.empty()) return open_database_server(context, flags);
    TRY_ASSIGN(opened.source, open_stream(0, flags.stream, context.clock(), &context.stop()));
    opened.default_name = flags.stream;
    return opened;
}

Json json_of(const BackupResult& result, bool dry_run) {
    Json document = {
        {"snapshot", dry_run ? "" : result.snapshot.hex()},
        {"sequence", result.sequence},
        {"label", result.label},
        {"name", result.name},
        {"files",
         {{"new", result.files.added},
          {"changed", result.files.changed},
          {"unchanged", result.files.unchanged},
          {"failed", result.files.failed}}},
        {"bytes",
         {{"scanned", result.bytes.scanned},
          {"read", result.bytes.read},
          {"new", result.bytes.added},
          {"stored", result.bytes.stored}}},
        {"seconds", std::round(result.seconds * 1000) / 1000},
        {"reconciled",
         {{"files", result.reconciled.files},
          {"bytes", result.reconciled.bytes},
          {"mismatches", result.reconciled.mismatches},
          {"content_files", result.reconciled.content_files},
          {"content_bytes", result.reconciled.content_bytes},
          {"changed", result.reconciled.changed},
          {"unreadable", result.reconciled.unreadable},
          {"damaged", result.reconciled.damaged}}},
        {"warnings", result.warnings},
    };
    if (result.unlisted_warnings > 0) {
        document["warnings"].push_back(say_count(result.unlisted_warnings, "and {} more warning", "and {} more warnings"));
    }
    if (result.read_back.objects > 0)
        document["read_back"] = {{"objects", result.read_back.objects}, {"bytes", result.read_back.bytes}};
    if (dry_run) document["dry_run"] = true;
    return document;
}

std::string snapshot_line(const BackupResult& result) {
    return say("snapshot {} of {}/{}, entry {} of the ledger", short_id(result.snapshot), result.label, printable(result.name),
               result.sequence);
}

void print_text(Context& context, const BackupResult& result, bool dry_run) {
    Output& output = context.output();
    if (dry_run) {
        output.line(say("dry run: nothing was stored"));
    } else {
        output.line(snapshot_line(result));
    }
    output.line(say("files: {} new, {} changed, {} unchanged, {} failed", result.files.added, result.files.changed,
                    result.files.unchanged, result.files.failed));
    output.line(say("bytes: {} looked at, {} read, {} new, {} stored", human_bytes(result.bytes.scanned),
                    human_bytes(result.bytes.read), human_bytes(result.bytes.added), human_bytes(result.bytes.stored)));
    if (!dry_run && result.reconciled.files > 0) {  // a stream cannot be looked at again
        output.line(say("reconciled with the source: {}, {}, {}", say_count(result.reconciled.files, "{} file", "{} files"),
                        human_bytes(result.reconciled.bytes),
                        say_count(result.reconciled.mismatches, "{} mismatch", "{} mismatches")));
    }
    const auto& reconciled = result.reconciled;
    if (reconciled.content_files > 0) {
        output.line(say("content read again: {}, {}; {} changed since, {} unreadable, {} damaged",
                        say_count(reconciled.content_files, "{} file", "{} files"), human_bytes(reconciled.content_bytes),
                        reconciled.changed, reconciled.unreadable, reconciled.damaged));
    }
    if (result.read_back.objects > 0) {
        output.line(say("read back from the medium: {}, {}", say_count(result.read_back.objects, "{} object", "{} objects"),
                        human_bytes(result.read_back.bytes)));
    }
    output.line(say("done in {}", human_seconds(result.seconds)));
}

BackupOptions options_of(Context& context, const Keyring& keyring, const BackupFlags& flags, const OpenSource& opened) {
    BackupOptions options;
    options.label = flags.label;
    options.name = flags.name.empty() ? snapshot_name_from(opened.default_name) : flags.name;
    options.plan_facts = opened.plan_facts;
    options.cache_folder = default_cache_folder();
    options.dry_run = flags.dry_run;
    options.read_back = flags.read_back;
    options.content_sample_percent = flags.reconcile_content;
    // Nobody is asked: a backup needs no passphrase. One that was given anyway opens what other hosts stored.
    if (keyring.is_custodian() && context.passphrases().is_given(PassphraseKind::keyring)) {
        options.unlock = [&context] { return context.unlock(); };
    }
    return options;
}

void add_standing_warnings(const Keyring& keyring, const std::string& vault_path, const OpenSource& opened,
                           BackupResult& result) {
    auto& warnings = result.warnings;
    warnings.insert(warnings.begin(), opened.warnings.begin(), opened.warnings.end());
    for (const auto* told : {&opened.postgresql->warnings, &opened.mariadb->warnings})
        warnings.insert(warnings.begin(), told->begin(), told->end());
    if (const std::uint64_t more = opened.notes->unlisted_warnings; more > 0) {
        warnings.insert(warnings.begin(), say_count(more, "and {} more warning", "and {} more warnings"));
    }
    warnings.insert(warnings.begin(), opened.notes->warnings.begin(), opened.notes->warnings.end());
    if (result.files.added + result.files.changed + result.files.unchanged + result.files.failed == 0) {
        warnings.push_back(say("the source holds no file: is it the right one, and is it mounted?"));
    }
    for (std::string& line : shared_disk_warnings(vault_path, opened.physical_paths)) warnings.push_back(std::move(line));
    if (std::string line = kit_warning(keyring); !line.empty()) warnings.push_back(std::move(line));
    if (std::string line = keyring_rights_warning(keyring.folder()); !line.empty()) warnings.push_back(std::move(line));
}

Result<int> run_backup_command(Context& context, const BackupFlags& flags) {
    TRY(check_flags(flags));
    TRY_ASSIGN(const std::string reference, context.vault_reference());
    TRY_ASSIGN(const std::string vault_path, parse_vault_reference(reference));
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    TRY(check_label(*keyring, flags.label));
    TRY_ASSIGN(Repository repository, context.open_vault());
    TRY_ASSIGN(OpenSource opened, open_source(context, flags, vault_path));
    if (!opened.description.empty()) context.progress().note(printable(opened.description));
    TRY_ASSIGN(BackupResult result, run_backup(repository, *opened.source, options_of(context, *keyring, flags, opened),
                                               context.progress(), context.stop()));
    if (opened.may_hold_keyring && !flags.dry_run) {
        const Status registered = register_image_as_copy(*keyring, opened.physical_paths.front(), flags.label);
        if (!registered.ok()) result.warnings.push_back(registered.error().message);
    }
    add_standing_warnings(*keyring, vault_path, opened, result);
    context.progress().clear();
    for (const std::string& line : result.warnings) context.progress().warn(line);
    for (const std::string& glob : opened.notes->unmatched_excludes) {  // often as it should be, or else a slip: no warning
        context.progress().note(say("note: nothing matched --exclude {}", printable(glob)));
    }
    context.output().document(json_of(result, flags.dry_run));
    print_text(context, result, flags.dry_run);
    // The backup stands whatever became of its output: what it is called must not be lost with that.
    if (!context.output().finish().ok() && !flags.dry_run) context.progress().note(snapshot_line(result));
    return result.files.failed != 0 ? kExitSomeUnread : kExitDone;
}

void add_source_options(CLI::App& backup, BackupFlags& flags) {
    add_operands(backup, "PATH", flags.paths, say("Files and folders to back up"));
    add_value(backup, "--image", flags.image, "DEVICE-OR-FILE",
              say("Backs up a disk, a partition or a disk-image file, block by block. Free blocks of ext2, ext3 and ext4 are not "
                  "stored: what lies in them and no file system knows of is lost, unless --keep-free-blocks is given"));
    add_value(backup, "--stdin", flags.stream, "FILENAME",
              say("Backs up standard input as one file of this name; an empty stream makes no snapshot, one that broke off does: "
                  "'set -o pipefail' in the shell shows that the program before it failed"));
    add_value(backup, "--postgresql", flags.postgresql, "CONNINFO",
              say("Backs up every database of a running PostgreSQL server, its roles and tablespaces, with row counts of every "
                  "table as "
                  "evidence. CONNINFO: service=NAME, or host, port, user; never a password"));
    add_value(backup, "--mariadb", flags.mariadb, "DEFAULTS-FILE",
              say("Backs up every database of a running MariaDB or MySQL server and its accounts at one moment, with row counts; "
                  "DEFAULTS-FILE names server, user and password, as for the mariadb program"));
    add_value(
        backup, "--as-user", flags.as_user, "USER",
        say("With --postgresql or --mariadb: connects as this user of the system, such as postgres, whom the server lets in "
            "without a password; for root only"));
    add_value(backup, "--sqlite", flags.sqlite, "FILE",
              say("Backs up a live SQLite database while it is written to: a consistent copy, checked and counted before it is "
                  "stored"));
}

}  // namespace

void add_backup_command(CommandTable& table) {
    auto flags = std::make_shared<BackupFlags>();
    CLI::App& backup = table.add(
        table.root(), "backup", say("Backs up files and folders, a disk image, a stream or live databases"),
        {"backup (PATH... | --image DEVICE-OR-FILE | --stdin FILENAME | --postgresql CONNINFO | --mariadb DEFAULTS-FILE | "
         "--sqlite FILE) "
         "--label L [--name N] [OPTIONS]",
         {"custody backup /etc --label config", "custody backup /srv /home --label business --name data --exclude '*.tmp'",
          "custody backup --image /dev/vg/root --label image", "custody backup --postgresql service=portal --label database",
          "custody backup --postgresql 'host=/var/run/postgresql user=postgres' --as-user postgres --label database",
          "custody backup --mariadb /etc/custody/mariadb.cnf --label database",
          "custody backup --sqlite /srv/app/app.db --label database",
          "slapcat | custody backup --stdin directory.ldif --label database"},
         say("Needs no passphrase. One that is given (CUSTODY_PASSPHRASE_FILE) lets it use what other hosts stored under the "
             "label, as after 'key import' on a new host. The keyring, the vault and the cache are never backed up; "
             "naming them as PATH is exit code 5, and beside others 3. A PATH that "
             "is "
             "a symbolic link is stored as the link; with '/' at its end it means the folder that the link leads to. Exit code "
             "3: "
             "done, but some items could not be read; each is named. What vanished before it was read is named, and no failure: "
             "exit "
             "code 0. A file that changed while it was read is stored, marked and named: exit code 0, and 'status' asks for a "
             "person until a later backup finds none.") +
             "\n" +
             say("GLOB: * and ? stand for letters of a name, ** for folders too, [a-z] for one of these letters; \\ takes the "
                 "next "
                 "letter as it is. With a '/' in it GLOB is matched against the whole path from '/' on, otherwise against the "
                 "name "
                 "alone, wherever it is met. A folder that matches is left out with all that is in it; a PATH that was named "
                 "never "
                 "is. A '/' at the end of GLOB changes nothing, and no GLOB brings back what another leaves out. FILE has one "
                 "GLOB a line: empty lines and lines that begin with # are skipped, blanks count. A GLOB that matches nothing is "
                 "named.") +
             "\n" +
             say("Live databases are stored as SQL text: globals.sql or users.sql, the dumps, and evidence/evidence.json with "
                 "what was in "
                 "them. What cannot be dumped whole makes no snapshot. pg_dump or mariadb-dump has to be installed, no older "
                 "than the "
                 "server.")});
    add_source_options(backup, *flags);
    add_value(backup, "--label", flags->label, "L",
              say("The labelled group: config, image, database, business, log, or one of yours"));
    add_value(backup, "--name", flags->name, "N", say("What this backup is called; default: the last part of the first path"));
    add_repeated(backup, "--exclude", flags->excludes, "GLOB",
                 say("Leaves out what matches: with '/' the whole path, else the name; may be repeated; see below"));
    add_repeated(backup, "--exclude-from", flags->exclude_files, "FILE",
                 say("Leaves out what matches a line of FILE; may be repeated"));
    backup.add_flag("--one-file-system", flags->one_file_system,
                    say("Does not cross into other mounted file systems; a PATH that lies on one is backed up all the same"));
    backup.add_flag("--read-back", flags->read_back, say("Reads every new block from the medium again before the backup counts"));
    backup
        .add_option("--reconcile-content", flags->reconcile_content,
                    say("Before the backup counts, reads from the source again what changed meanwhile, and of the rest a random "
                        "sample of PERCENT, 1 GiB at most; 0, the default, looks at sizes and times alone"))
        ->type_name("PERCENT")
        ->check(CLI::Range(0, 100).description(""));  // the help says it in words
    backup.add_flag("--dry-run", flags->dry_run, say("Looks and counts, stores nothing"));
    backup.add_flag("--allow-mounted", flags->allow_mounted,
                    say("With --image: takes a device or image file that is mounted for writing"));
    backup.add_flag("--keep-free-blocks", flags->keep_free_blocks,
                    say("With --image: stores the free blocks of ext2, ext3 and ext4 too"));
    table.runs(backup, flags, run_backup_command);
}

}  // namespace custody
