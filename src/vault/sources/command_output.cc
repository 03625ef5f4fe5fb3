#include "vault/sources/command_output.h"

#include "base/crypto.h"
#include "base/records/canonical_json.h"
#include "base/text.h"
#include "vault/history/host_cache.h"
#include "vault/keys/keyring.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace custody {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kMaxRecord = 4096;
constexpr const char* kCommandMemory = "what is remembered of a command";

Status write_piece(int fd, ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error(errno, "write", "the command's output in memory");
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return done();
}

Status check_options(const CommandOptions& options) {
    if (options.arguments.empty()) return Error{Code::usage, say("no command to run: name the program and its arguments")};
    if (options.max_bytes == 0 || options.max_bytes > kMaxCommandOutput || options.time_limit_ns <= 0) {
        return Error{Code::usage, say("a command needs a time limit, and a bound on its output of at most {}",
                                      human_bytes(kMaxCommandOutput))};
    }
    return done();
}

std::string last_line(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
    const std::size_t end = text.rfind('\n');
    return printable(end == std::string_view::npos ? text : text.substr(end + 1));
}

// To the end of the output, the program's own end not yet asked for.
Status read_all(ChildProcess& child, const CommandOptions& options, CommandOutput& output) {
    Bytes piece(kPiece);
    Sha256 hash;
    for (;;) {
        TRY_ASSIGN(const std::size_t got, child.read(piece));
        const ByteView bytes(piece.data(), got);
        output.size += got;
        if (output.size > options.max_bytes) {
            return Error{Code::failed, say("no snapshot is made: {} writes more than the {} that are allowed for it",
                                           printable(options.arguments.front()), human_bytes(options.max_bytes))};
        }
        hash.update(bytes);
        TRY(write_piece(output.content.get(), bytes));
        if (got < piece.size()) break;
    }
    output.digest = hash.finish();
    return done();
}

std::string record_path(const Repository& repository, const OutputPlace& place) {
    return cache_path(place.cache_folder, repository.header().vault, place.label, place.name) + ".output";
}

// Bound to the label's key: the cache folder shows to nobody whether a guessed output is what was stored.
Result<std::string> keyed_digest(Repository& repository, const OutputPlace& place, const CommandOutput& output) {
    if (repository.keyring() == nullptr) return Error{Code::usage, say("a backup needs a keyring: name it with --keyring")};
    TRY_ASSIGN(const auto keys, repository.keyring()->writer_keys(place.label));
    return to_hex(hkdf(keys->chunk_id_key.view(), output.digest.view(), "custody command output 1").view());
}

}  // namespace

Result<CommandOutput> take_output(const CommandOptions& options, const StopFlag& stop) {
    TRY(check_options(options));
    CommandOutput output;
    output.content = Fd(::memfd_create("custody-output", MFD_CLOEXEC));
    if (!output.content.valid()) return system_error(errno, "make", "memory for the command's output");
    ProcessOptions process;
    process.arguments = options.arguments;
    process.environment = options.environment;
    process.user = options.user;
    process.time_limit_ns = options.time_limit_ns;
    TRY_ASSIGN(const auto child, ChildProcess::start(process, stop));
    const Status taken = read_all(*child, options, output);
    if (!taken.ok() && taken.error().code == Code::interrupted) return taken.error();
    TRY_ASSIGN(const ProcessEnd end, child->finish());
    if (!taken.ok() && !end.timed_out) return taken.error();
    if (!end.succeeded()) {
        return Error{Code::failed, say("no snapshot is made: {}", failure_of(options.arguments.front(), end).message)};
    }
    output.last_words = last_line(end.err);
    if (::lseek(output.content.get(), 0, SEEK_SET) != 0) return system_error(errno, "read", "the command's output");
    if (output.size > 0) return output;
    return Error{Code::failed,
                 say("no snapshot is made: {} wrote nothing to its standard output{}", printable(options.arguments.front()),
                     output.last_words.empty() ? "" : ": " + output.last_words)};
}

Result<bool> is_same_as_last(Repository& repository, const OutputPlace& place, const CommandOutput& output) {
    if (place.cache_folder.empty()) return false;
    TRY_ASSIGN(const std::string digest, keyed_digest(repository, place, output));
    const auto bytes = read_file(posix_file_system(), record_path(repository, place), kMaxRecord);
    if (!bytes.ok()) return false;  // never, or not any more: stored again, which costs nothing
    const auto record = parse_json(*bytes, kMaxRecord);
    if (!record.ok()) return false;
    const auto known = json_text(*record, "digest", kCommandMemory);
    const auto snapshot = json_id<ObjectId>(*record, "snapshot", kCommandMemory);
    if (!known.ok() || !snapshot.ok() || *known != digest) return false;
    TRY(repository.ledger().refresh());
    return repository.state().snapshots.contains(*snapshot);
}

Status remember_output(Repository& repository, const OutputPlace& place, const CommandOutput& output, const ObjectId& snapshot) {
    if (place.cache_folder.empty()) return done();
    TRY_ASSIGN(const std::string digest, keyed_digest(repository, place, output));
    TRY_ASSIGN(const std::string record, to_canonical_json({{"digest", digest}, {"snapshot", snapshot.hex()}}));
    TRY(make_directories(posix_file_system(), place.cache_folder, 0700));
    return replace_file(posix_file_system(), record_path(repository, place), as_bytes(record), 0600);
}

}  // namespace custody
