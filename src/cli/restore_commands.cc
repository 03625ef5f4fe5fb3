// custody restore and export: files, an image, a stream; an archive that any tool opens.
#include "base/counts.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command_table.h"
#include "cli/device_target.h"
#include "cli/restored_scan.h"
#include "cli/stdout_content.h"
#include "restore/exporter.h"
#include "restore/restorer.h"

#include <unistd.h>
#include <cmath>

namespace custody {
namespace {

struct RestoreFlags {
    std::string snapshot, target, image, overwrite, strip_prefix, confirm;
    std::vector<std::string> paths;
    bool dry_run = false, to_stdout = false, yes = false;
};
struct ExportFlags {
    std::string snapshot, output;
    std::vector<std::string> paths;
};

Result<Overwrite> parse_overwrite(const std::string& word) {
    if (word.empty() || word == "never") return Overwrite::never;
    if (word == "changed") return Overwrite::changed;
    if (word == "always") return Overwrite::always;
    return Error{Code::usage, say("unknown --overwrite '{}': use never, changed or always", word)};
}

Status check_flags(const RestoreFlags& flags, bool json) {
    const int targets = (flags.target.empty() ? 0 : 1) + (flags.image.empty() ? 0 : 1) + (flags.to_stdout ? 1 : 0);
    if (targets == 0) return Error{Code::usage, say("where to? give --target DIR, --image DEVICE-OR-FILE or --stdout")};
    if (targets > 1) return Error{Code::usage, say("--target, --image and --stdout exclude each other")};
    if (flags.to_stdout && json)
        return Error{Code::usage, say("--stdout writes the content to standard output: leave out --json")};
    if (flags.target.empty() && !flags.strip_prefix.empty())
        return Error{Code::usage, say("--strip-prefix goes with --target only")};
    if (flags.image.empty() && !flags.confirm.empty()) return Error{Code::usage, say("--confirm goes with --image only")};
    if (flags.to_stdout && !flags.overwrite.empty())
        return Error{Code::usage, say("--overwrite goes with --target and --image only")};
    if (flags.target.empty() && flags.dry_run) return Error{Code::usage, say("--dry-run goes with --target only")};
    if (!flags.image.empty() && !flags.paths.empty())
        return Error{Code::usage, say("--image restores the whole image: leave out PATH")};
    if (flags.to_stdout && flags.paths.size() > 1) return Error{Code::usage, say("--stdout takes at most one PATH")};
    return done();
}

// What the snapshot holds has to fit where it is to go: told before a passphrase is asked for and before anything is written.
Status check_kind(const RestoreFlags& flags, const Snapshot& snapshot) {
    const std::string& kind = snapshot.summary.kind;
    const std::string id = short_id(snapshot.id);
    const auto refuse = [](std::string message) { return Error{Code::usage, std::move(message)}; };
    if (!flags.image.empty() && kind == "stream") {
        return refuse(
            say("snapshot {} holds a stream, no image: write it back with 'custody restore {} --stdout > FILE'", id, id));
    }
    if (!flags.image.empty() && kind != "image") {
        return refuse(say("snapshot {} holds files, no image: bring them back with 'custody restore {} --target DIR'", id, id));
    }
    if (!flags.target.empty() && kind == "image") {
        return refuse(
            say("snapshot {} holds an image, no files: write it back with 'custody restore {} --image DEVICE-OR-FILE'", id, id));
    }
    if (flags.to_stdout && is_tree_of_files(kind) && flags.paths.empty() && snapshot.summary.files > 1) {
        return refuse(
            say("snapshot {} holds {} files, no stream: name one of them with 'custody restore {} PATH --stdout', or "
                "bring all back with 'custody restore {} --target DIR'",
                id, snapshot.summary.files, id, id));
    }
    return done();
}

Json json_of(const RestoreResult& result) {
    std::vector<std::string> warnings = result.warnings;
    if (result.unnamed > 0) warnings.push_back(say("and {} more that could not be restored", result.unnamed));
    return {{"files", result.files},
            {"bytes", result.bytes},
            {"skipped", result.skipped},
            {"failed", result.failed},
            {"seconds", std::round(result.seconds * 1000) / 1000},
            {"warnings", warnings}};
}

int exit_of(const RestoreResult& result) {
    if (result.damaged) return kExitDamage;
    return result.failed != 0 ? kExitFailed : kExitDone;
}

int report(Context& context, const RestoreResult& result, const std::string& summary, const RestoredScan& scan = {}) {
    context.progress().clear();
    for (const std::string& line : result.warnings) context.progress().warn(line);
    for (const std::string& line : scan.words) context.progress().warn(line);
    Json document = json_of(result);
    if (scan.verdict != ScanVerdict::not_set) document["scan"] = json_of(scan);
    context.output().document(document);
    context.output().line(summary);
    if (result.failed != 0) context.output().line(say("left, not restored or not whole: {}; each is named above", result.failed));
    const int exit = exit_of(result);
    return exit == kExitDone && !scan.is_clean() ? kExitFailed : exit;
}

Result<int> restore_to_folder(Context& context, Repository& repository, const Snapshot& snapshot, const UnlockedKeyring& unlocked,
                              const RestoreFlags& flags) {
    RestoreOptions options;
    TRY_ASSIGN(options.overwrite, parse_overwrite(flags.overwrite));
    TRY_ASSIGN(options.target, absolute_path(flags.target));
    TRY(check_outside_vaults(options.target, context.settings().keyring));
    options.paths = flags.paths;
    options.strip_prefix = flags.strip_prefix;
    options.dry_run = flags.dry_run;
    options.count_total = context.progress().is_shown();
    TRY_ASSIGN(const RestoreResult result,
               restore_files(repository, snapshot, unlocked, options, context.progress(), context.stop()));
    const std::string target = printable(options.target);
    const std::string bytes = human_bytes(result.bytes);
    const std::string files = say_count(result.files, "{} file", "{} files");
    const std::string summary =
        flags.dry_run ? say("dry run: would restore {}, {} to {} ({} there already)", files, bytes, target, result.skipped)
                      : say("restored {}, {} to {} ({} there already) in {}", files, bytes, target, result.skipped,
                            human_seconds(result.seconds));
    RestoredScan scan;
    if (!flags.dry_run && result.files > 0) {
        const auto& paths = flags.paths.empty() ? snapshot.summary.paths : flags.paths;
        TRY_ASSIGN(scan, scan_restored(context, {options.target, paths, options.strip_prefix}, snapshot.id.hex()));
    }
    return report(context, result, summary, scan);
}

Result<int> restore_to_image(Context& context, Repository& repository, const Snapshot& snapshot, const UnlockedKeyring& unlocked,
                             const RestoreFlags& flags) {
    DeviceConsent consent{flags.confirm, flags.yes, flags.overwrite == "always"};
    TRY_ASSIGN(const ImageTarget target, confirm_image_target(context, flags.image, snapshot.summary.bytes, consent));
    TRY_ASSIGN(const RestoreResult result,
               restore_image(repository, snapshot, unlocked, target, context.progress(), context.stop()));
    return report(
        context, result,
        say("restored {} to {} in {}", human_bytes(result.bytes), printable(target.path), human_seconds(result.seconds)));
}

Result<int> restore_to_stdout(Context& context, Repository& repository, const Snapshot& snapshot, const UnlockedKeyring& unlocked,
                              const RestoreFlags& flags) {
    if (::isatty(1) == 1) return Error{Code::usage, say("standard output is a terminal: pipe it, or redirect it to a file")};
    const std::string path = flags.paths.empty() ? "" : flags.paths.front();
    TRY_ASSIGN(const RestoreResult result, content_to_stdout(context, repository, snapshot, unlocked, path));
    for (const std::string& line : result.warnings) context.progress().warn(line);
    return exit_of(result);
}

Result<int> run_restore(Context& context, const RestoreFlags& flags) {
    TRY(check_flags(flags, context.output().json()));
    TRY(parse_overwrite(flags.overwrite));
    TRY_ASSIGN(Repository repository, context.open_vault_to_read());
    TRY_ASSIGN(const Repository::Listed listed, context.find_snapshot(repository, flags.snapshot));
    TRY(check_kind(flags, listed.snapshot));
    TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock_labels({listed.snapshot.clear.label}));
    if (!flags.image.empty()) return restore_to_image(context, repository, listed.snapshot, unlocked, flags);
    if (flags.to_stdout) return restore_to_stdout(context, repository, listed.snapshot, unlocked, flags);
    return restore_to_folder(context, repository, listed.snapshot, unlocked, flags);
}

Result<int> run_export(Context& context, const ExportFlags& flags) {
    TRY(archive_format_of(flags.output));
    TRY_ASSIGN(const std::string output, absolute_path(flags.output));
    TRY(check_outside_vaults(output, context.settings().keyring));
    TRY_ASSIGN(Repository repository, context.open_vault_to_read());
    TRY_ASSIGN(const Repository::Listed listed, context.find_snapshot(repository, flags.snapshot));
    TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock_labels({listed.snapshot.clear.label}));
    TRY_ASSIGN(const RestoreResult result,
               export_snapshot(repository, listed.snapshot, unlocked, flags.paths, output, context.progress(), context.stop()));
    return report(context, result,
                  say("exported {}, {} to {} in {}", say_count(result.files, "{} file", "{} files"), human_bytes(result.bytes),
                      printable(output), human_seconds(result.seconds)));
}

void add_restore(CommandTable& table) {
    auto flags = std::make_shared<RestoreFlags>();
    CLI::App& restore = table.add(
        table.root(), "restore", say("Brings files, an image or a stream back, exactly as they were"),
        {"restore SNAPSHOT [PATH...] (--target DIR | --image DEVICE-OR-FILE | --stdout) [OPTIONS]",
         {"custody restore latest --target /tmp/back", "custody restore latest:etc /etc/ssh --target / --overwrite changed",
          "custody restore latest:root --image /dev/sdc --confirm WD-1234",
          "custody restore latest:portal.sql --stdout | psql portal"},
         say("/srv/data comes back as DIR/srv/data. A file that is there and differs is left and named (exit code 1) unless "
             "--overwrite says otherwise; one that is identical counts as done, so an interrupted restore is simply run "
             "again: folders that it made are finished. A file never replaces a folder that is not empty. Overwriting as root "
             "lifts immutable and append-only flags first; never lifts none.") +
             "\n" +
             say("A folder that was there keeps its owner, mode, access lists and flags with --overwrite never, and how "
                 "many did is said; with changed and always it gets those of the snapshot. DIR itself and the folders above a "
                 "chosen PATH keep theirs always, and a link or file in the place of such a folder is never replaced. Those that "
                 "are made get the snapshot's; a DIR that is made gets those of "
                 "P.") +
             "\n" +
             say("What this user may not set, or the file system there has no place for (owners, attributes, flags, hard links), "
                 "is said and is no failure. What anything else kept from coming back (no space, too many links) is named: exit "
                 "code 1.")});
    add_operand(restore, "SNAPSHOT", flags->snapshot, say("The snapshot"))->required();
    add_operands(restore, "PATH", flags->paths, say("Only these; default: everything"));
    add_value(restore, "--target", flags->target, "DIR", say("The folder to restore into"));
    add_value(restore, "--image", flags->image, "DEVICE-OR-FILE", say("Writes an image back to a device or a file"));
    restore.add_flag("--stdout", flags->to_stdout, say("Writes a stream, or one file, to standard output"));
    add_value(restore, "--overwrite", flags->overwrite, "never|changed|always",
              say("What to do with files and folders that are there; default: never"));
    add_value(restore, "--strip-prefix", flags->strip_prefix, "P", say("Takes P away from the front of every path"));
    restore.add_flag("--dry-run", flags->dry_run, say("Says what would be restored, writes nothing"));
    add_value(restore, "--confirm", flags->confirm, "SERIAL",
              say("With --image: the whole serial number of the device, instead of the question"));
    restore.add_flag("--yes", flags->yes, say("Answers questions with yes; never enough to overwrite a device"));
    table.runs(restore, flags, run_restore);
}

void add_export(CommandTable& table) {
    auto flags = std::make_shared<ExportFlags>();
    CLI::App& exporting =
        table.add(table.root(), "export", say("Writes a snapshot as an archive that any tool opens"),
                  {"export SNAPSHOT [PATH...] --output F.tar|F.tar.zst|F.zip",
                   {"custody export latest:data --output data.tar.zst", "custody export latest:etc /etc/ssh --output ssh.zip"},
                   say("The archive is not encrypted. What its format cannot carry is said.")});
    add_operand(exporting, "SNAPSHOT", flags->snapshot, say("The snapshot"))->required();
    add_operands(exporting, "PATH", flags->paths, say("Only these; default: everything"));
    add_value(exporting, "--output", flags->output, "FILE", say("The archive; its ending says which kind"))->required();
    table.runs(exporting, flags, run_export);
}

}  // namespace

void add_restore_commands(CommandTable& table) {
    add_restore(table);
    add_export(table);
}

}  // namespace custody
