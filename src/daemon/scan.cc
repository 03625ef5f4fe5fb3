#include "daemon/scan.h"

#include "base/crypto.h"
#include "base/process.h"
#include "base/records/canonical_json.h"
#include "base/text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace custody {
namespace {

constexpr int kFoundExit = 1;
constexpr std::size_t kMaxFindings = 10'000;
constexpr std::size_t kBuffer = 256 * 1024;

using QuarantineId = Id<16, struct QuarantineTag>;

// Beside what is moved, so that nobody has to guess later what it was and whence it came.
Status write_record(const std::string& item, const ScanFinding& finding, const Clock& clock) {
    Json body = {{"format", 1},
                 {"path", is_utf8(finding.path) ? finding.path : printable(finding.path)},
                 {"threat", printable(finding.threat)},
                 {"time", to_rfc3339_utc(clock.now())}};
    if (!is_utf8(finding.path)) body["path_hex"] = to_hex(as_bytes(finding.path));
    TRY_ASSIGN(const std::string text, to_canonical_json(body));
    return replace_file(posix_file_system(), item + ".json", as_bytes(text), 0600);
}

Status copy_content(const std::string& from, const std::string& to) {
    const Fd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat info {};
    if (!in.valid() || ::fstat(in.get(), &info) != 0) return system_error(errno, "open", from);
    if (!S_ISREG(info.st_mode)) return system_error(EXDEV, "move", from);
    FileSystem& files = posix_file_system();
    TRY_ASSIGN(const auto out, files.create(to, 0600));
    Bytes buffer(kBuffer);
    for (std::uint64_t at = 0;;) {
        const ssize_t count = ::read(in.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_error(errno, "read", from);
        if (count == 0) break;
        TRY(write_all(*out, at, ByteView(buffer).first(static_cast<std::size_t>(count))));
        at += static_cast<std::uint64_t>(count);
    }
    TRY(out->sync());
    return files.remove(from);
}

// Never over anything: the name is random, and the record says what it was.
Status move_away(const std::string& quarantine, ScanFinding& finding, const Clock& clock) {
    FileSystem& files = posix_file_system();
    const std::string item = join_path(quarantine, random_id<QuarantineId>().hex());
    TRY(write_record(item, finding, clock));
    if (::renameat2(AT_FDCWD, finding.path.c_str(), AT_FDCWD, item.c_str(), RENAME_NOREPLACE) != 0) {
        if (errno != EXDEV && errno != EINVAL) return system_error(errno, "move", finding.path);
        TRY(copy_content(finding.path, item));
    }
    struct stat info {};
    if (::lstat(item.c_str(), &info) == 0 && S_ISREG(info.st_mode)) static_cast<void>(::chmod(item.c_str(), 0));
    TRY(files.sync_directory(quarantine));
    TRY(files.sync_directory(parent_path(finding.path)));
    finding.quarantined = item;
    return done();
}

Status make_quarantine(const std::string& folder) {
    TRY(make_directories(posix_file_system(), folder, 0700));
    if (::chmod(folder.c_str(), 0700) != 0) return system_error(errno, "protect", folder);
    return done();
}

void tell(const std::string& path, ScanResult& result) {
    std::size_t left = 0;
    for (const auto& finding : result.findings) left += finding.quarantined.empty() ? 1 : 0;
    const ScanFinding& first = result.findings.front();
    const std::string threat = first.threat.empty() ? say("something") : printable(first.threat);
    result.words =
        left == 0 ? say("malware in {}: {} in {}, {} in all; moved to {}, where nothing runs it; find out how it came there",
                        printable(path), threat, printable(first.path), result.findings.size(),
                        printable(parent_path(first.quarantined)))
                  : say("malware in {}: {} in {}, and {} of {} could not be moved away: {}; remove it by hand now",
                        printable(path), threat, printable(first.path), left, result.findings.size(), printable(first.why_not));
}

Result<ScanResult> take_findings(const ScanOptions& options, const std::string& path, const ProcessOutcome& outcome,
                                 const Clock& clock) {
    ScanResult result;
    result.verdict = ScanVerdict::found;
    result.findings = parse_findings(outcome.out, path);
    if (result.findings.empty() || outcome.out_is_cut) result.findings = {{path, "", "", ""}};
    TRY(make_quarantine(options.quarantine));
    for (ScanFinding& finding : result.findings) {
        const Status moved = move_away(options.quarantine, finding, clock);
        if (!moved.ok()) finding.why_not = moved.error().message;
    }
    // The one that a person has to see is the one that is still there.
    for (ScanFinding& finding : result.findings) {
        if (finding.quarantined.empty()) std::swap(finding, result.findings.front());
    }
    tell(path, result);
    return result;
}

}  // namespace

std::vector<ScanFinding> parse_findings(std::string_view output, std::string_view below) {
    constexpr std::string_view kEnd = " FOUND";
    std::vector<ScanFinding> findings;
    while (!output.empty() && findings.size() < kMaxFindings) {
        const std::size_t end = std::min(output.find('\n'), output.size());
        std::string_view line = output.substr(0, end);
        output.remove_prefix(std::min(end + 1, output.size()));
        if (!line.ends_with(kEnd)) continue;
        line.remove_suffix(kEnd.size());
        const std::size_t colon = line.rfind(": ");
        if (colon == std::string_view::npos || !lies_in(line.substr(0, colon), below)) continue;
        if (line.substr(0, colon).find("/../") != std::string_view::npos) continue;  // would lead out again
        findings.push_back({std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)), "", ""});
    }
    return findings;
}

Result<ScanResult> scan_path(const ScanOptions& options, const std::string& path, const Clock& clock, const StopFlag& stop) {
    if (options.command.empty()) return ScanResult{};
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return system_error(errno, "look at", path);
    ProcessOptions command;
    command.arguments = options.command;
    command.arguments.push_back(path);
    command.time_limit_ns = options.limit_ns;
    TRY_ASSIGN(const ProcessOutcome outcome, run_process(command, stop));
    if (outcome.succeeded()) return ScanResult{ScanVerdict::clean, {}, ""};
    if (outcome.exit == kFoundExit && !outcome.timed_out) return take_findings(options, path, outcome, clock);
    return ScanResult{ScanVerdict::not_scanned,
                      {},
                      say("{} was not scanned for malware: {}; do not use it before it was", printable(path),
                          failure_of(options.command.front(), outcome).message)};
}

}  // namespace custody
