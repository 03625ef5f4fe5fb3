#include "restore/exporter.h"

#include "base/text.h"
#include "restore/access_list.h"
#include "restore/content_stream.h"
#include "restore/exporter_entry.h"
#include "restore/exporter_file.h"
#include "restore/plan.h"
#include "restore/report.h"
#include "vault/unreadable.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <unordered_map>

namespace custody {
namespace {

constexpr std::size_t kZeroPiece = 1024 * 1024;
constexpr std::size_t kMaxWaiting = 4096;  // entries whose content is being decoded

struct FreeArchive {
    void operator()(archive* one) const { (void)::archive_write_free(one); }
};
struct FreeEntry {
    void operator()(archive_entry* one) const { ::archive_entry_free(one); }
};
using EntryHandle = std::unique_ptr<archive_entry, FreeEntry>;

// Files that cannot be read, by their paths in the archive.
using Losses = std::map<std::string, Error>;

class ExportRun {
public:
    // `losses`: those that are known, and are left out from the beginning; gets those that show.
    ExportRun(SnapshotAccess& access, ArchiveFormat format, int descriptor, Losses& losses, Progress& progress,
              const StopFlag& stop)
        : access_(access),
          format_(format),
          losses_(losses),
          progress_(progress),
          stop_(stop),
          archive_(::archive_write_new()),
          stream_(access, pool_,
                  [this](std::uint64_t tag, const TreeReader::ContentPiece& piece, const Result<ByteView>& bytes) {
                      return take(tag, piece, bytes);
                  }),
          zeros_(kZeroPiece),
          descriptor_(descriptor) {}
    ExportRun(const ExportRun&) = delete;
    ExportRun& operator=(const ExportRun&) = delete;
    ~ExportRun() {
        if (!is_open_) return;
        // A tar entry that was begun would be filled up with zeros to the size it told of; marked as failed, it is not. A zip
        // entry is only ended, which is also what frees its compressor.
        if (format_ != ArchiveFormat::zip) (void)::archive_write_fail(archive_.get());
        (void)::archive_write_close(archive_.get());
    }

    Status run(Plan& plan) {
        const ThreadLocale utf8("C.UTF-8");
        TRY(open());
        PlanStep step;
        while (true) {
            TRY(stop_.check());
            TRY_ASSIGN(const bool more, plan.next(step));
            if (!more) break;
            TRY(add(step));
            report_.tell(progress_);
            progress_.update({"exporting", report_.files(), 0, report_.written(), 0, {}});
        }
        TRY(stream_.flush());
        while (!waiting_.empty()) TRY(close_front());
        report_.tell(progress_);
        if (spoilt_) return done();
        is_open_ = false;
        return check(::archive_write_close(archive_.get()));
    }

    // Damage showed in a file whose beginning was written, and that cannot be taken back out of an archive: what was written is
    // of no use, but `losses` is complete.
    [[nodiscard]] bool is_spoilt() const { return spoilt_; }

    RestoreResult take_result() {
        for (const std::string& line : lost_.warnings()) report_.warn(line);
        if (format_ == ArchiveFormat::zip && report_.files() > 0) {
            report_.warn(say("zip keeps times to the second and holes as zeros: tar keeps them exactly"));
        }
        return report_.take();
    }

private:
    struct Waiting {
        std::string path;
        Entry entry;
        std::uint64_t tag = 0;
        bool open = false;       // its header is written
        bool left_out = false;   // damaged: no header is written
        bool follows = false;    // another name of something before it: a link without content
        std::uint64_t at = 0;    // bytes of its content written, holes too
        std::vector<Hole> data;  // its data ranges, when it has holes
    };

    Status check(int result) {
        if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return done();
        const int reason = ::archive_errno(archive_.get());
        if (reason == ENOSPC || reason == EDQUOT || reason == EIO) return system_error(reason, "write", say("the archive"));
        const char* const words = ::archive_error_string(archive_.get());
        return Error{Code::failed, say("cannot write the archive: {}", words != nullptr ? words : "")};
    }

    Status open() {
        archive* const to = archive_.get();
        if (to == nullptr) return Error{Code::failed, say("cannot write the archive: {}", "libarchive")};
        if (format_ == ArchiveFormat::zip) {
            TRY(check(::archive_write_set_format_zip(to)));
        } else {
            TRY(check(::archive_write_set_format_pax(to)));
        }
        if (format_ == ArchiveFormat::tar_zstd) {
            TRY(check(::archive_write_add_filter_zstd(to)));
            // An older libarchive has no threads: slower, not wrong.
            const std::string threads = std::to_string(pool_.size());
            (void)::archive_write_set_filter_option(to, "zstd", "threads", threads.c_str());
        }
        TRY(check(::archive_write_set_bytes_in_last_block(to, 1)));
        TRY(check(::archive_write_open_fd(to, descriptor_)));
        is_open_ = true;
        return done();
    }

    Status add(const PlanStep& step) {
        if (step.what == PlanStep::What::lost) {
            report_.failed_file(step.loss);
            return done();
        }
        if (step.what == PlanStep::What::leave_folder) {
            path_.resize(path_.rfind('/', path_.size() - 2) + 1);
            return done();
        }
        Waiting next;
        next.entry = *step.entry;
        next.path = path_ + next.entry.name;
        next.tag = next_tag_++;
        if (step.what == PlanStep::What::enter_folder) {
            path_ += next.entry.name + "/";
            next.path = path_;
        }
        if (!can_carry(next.entry.type)) {
            lost_.special.add("/" + next.path);
            return done();
        }
        if (is_too_long_to_unpack(next.path)) lost_.long_paths.add("/" + shortened(next.path));
        const Content content = std::move(next.entry.content);
        next.entry.content = {};
        next.entry.content.size = content.size;
        note_link(next);
        const bool has_content = carries_content(next);
        const auto known = losses_.find(next.path);
        const Status listed = !has_content ? done() : known != losses_.end() ? Status(known->second) : find_holes(content, next);
        if (!listed.ok()) {
            if (!is_unreadable(listed.error())) return listed;
            leave_out(next, listed.error());
        }
        const std::uint64_t tag = next.tag;
        waiting_.push_back(std::move(next));
        if (has_content && listed.ok()) {
            TRY(access_.trees().content(content, [&](const TreeReader::ContentPiece& piece) { return stream_.add(tag, piece); }));
        }
        return waiting_.size() >= kMaxWaiting ? stream_.flush() : done();
    }

    void note_link(Waiting& next) {
        if (next.entry.hard_link == 0) return;
        const auto [leader, is_first] = leaders_.try_emplace(next.entry.hard_link, Leader{next.path, false});
        if (format_ != ArchiveFormat::zip) next.follows = !is_first;
        if (format_ == ArchiveFormat::zip && !is_first) lost_.copies.add("/" + next.path);
    }
    [[nodiscard]] static bool carries_content(const Waiting& file) {
        return file.entry.type == EntryType::file && !file.follows && file.entry.content.size > 0;
    }

    [[nodiscard]] bool can_carry(EntryType type) const {
        if (type == EntryType::socket) return false;
        return format_ != ArchiveFormat::zip || type == EntryType::file || type == EntryType::folder ||
               type == EntryType::symlink;
    }

    // Data ranges of a sparse file, adjoining ones joined: the header lists them. A list of chunks that cannot be read shows
    // here, before anything of the file is in the archive.
    Status find_holes(const Content& content, Waiting& next) {
        if (!content.node && (content.holes.empty() || format_ == ArchiveFormat::zip)) return done();
        std::uint64_t covered = 0;
        const auto note = [&](const TreeReader::ContentPiece& piece) -> Status {
            for (const Hole& range : piece.ranges) {
                covered += range.length;
                if (!next.data.empty() && next.data.back().offset + next.data.back().length == range.offset) {
                    next.data.back().length += range.length;
                } else {
                    next.data.push_back(range);
                }
            }
            return done();
        };
        TRY(access_.trees().content(content, note));
        if (covered == content.size || format_ == ArchiveFormat::zip) next.data.clear();
        if (covered == 0 && format_ != ArchiveFormat::zip)
            next.data.push_back({0, 0});  // libarchive's sign for nothing but a hole
        return done();
    }

    Status take(std::uint64_t tag, const TreeReader::ContentPiece& piece, const Result<ByteView>& bytes) {
        while (waiting_.front().tag != tag) TRY(close_front());
        Waiting& file = waiting_.front();
        if (file.left_out) return done();
        if (!bytes.ok()) {
            if (!is_unreadable(bytes.error())) return bytes.error();
            spoilt_ = spoilt_ || file.open;
            leave_out(file, bytes.error());
            return done();
        }
        if (spoilt_) return done();
        if (!file.open) TRY(write_header(file));
        ByteView left = *bytes;
        for (const Hole& range : piece.ranges) {
            TRY(write_zeros(file, range.offset));
            TRY(write_data(file, left.first(range.length)));
            left = left.subspan(range.length);
        }
        report_.wrote(piece.chunk.length);
        return done();
    }

    void leave_out(Waiting& file, const Error& why) {
        report_.failed_file(with_way_out(say("/{} is not exported: {}", printable(file.path), why.message), why.code));
        losses_.try_emplace(file.path, why);
        mark_left_out(file);
    }

    void mark_left_out(Waiting& file) {
        file.left_out = true;
        const auto leader = leaders_.find(file.entry.hard_link);
        if (leader != leaders_.end() && leader->second.path == file.path) leader->second.left_out = true;
    }

    Status close_front() {
        Waiting& front = waiting_.front();
        if (!front.open && !front.left_out && !spoilt_) TRY(write_header(front));
        if (front.open && !spoilt_) {
            const bool has_content = carries_content(front);
            if (has_content) TRY(write_zeros(front, front.entry.content.size));
            TRY(check(::archive_write_finish_entry(archive_.get())));
            if (front.entry.type != EntryType::folder) report_.done_file(has_content ? front.entry.content.size : 0);
        }
        waiting_.pop_front();
        return done();
    }

    Status write_header(Waiting& file) {
        if (file.follows && leaders_[file.entry.hard_link].left_out) {
            report_.failed_file({Code::io, say("/{} is not exported: it is another name of /{}, which is not exported either",
                                               printable(file.path), printable(leaders_[file.entry.hard_link].path))});
            mark_left_out(file);
            return done();
        }
        file.open = true;
        const EntryHandle handle(::archive_entry_new());
        archive_entry* const entry = handle.get();
        const Attributes& attributes = file.entry.attributes;
        ::archive_entry_copy_pathname(entry, file.path.c_str());
        ::archive_entry_set_mode(entry, archive_type(file.entry.type) | mode_without_acl(attributes));
        ::archive_entry_set_uid(entry, attributes.uid);
        ::archive_entry_set_gid(entry, attributes.gid);
        set_time(
            format_ == ArchiveFormat::zip ? zip_time(attributes.modified, file.path) : tar_time(attributes.modified, file.path),
            entry);
        ::archive_entry_set_size(entry, carries_content(file) ? static_cast<la_int64_t>(file.entry.content.size) : 0);
        if (file.entry.type == EntryType::symlink) ::archive_entry_copy_symlink(entry, file.entry.target.c_str());
        if (file.entry.device != 0) ::archive_entry_set_rdev(entry, file.entry.device);
        if (file.follows) ::archive_entry_copy_hardlink(entry, leaders_[file.entry.hard_link].path.c_str());
        set_extended(file, entry);
        for (const Hole& data : file.data) {
            ::archive_entry_sparse_add_entry(entry, static_cast<la_int64_t>(data.offset), static_cast<la_int64_t>(data.length));
        }
        if (is_utf8(file.path) && is_utf8(file.entry.target)) return check(::archive_write_header(archive_.get(), entry));
        lost_.raw_names.add("/" + file.path);
        const ThreadLocale bytes("C");
        return check(::archive_write_header(archive_.get(), entry));
    }

    // Within the last second before 1970 there is no whole second to bear the sign: libarchive would drop it.
    FileTime tar_time(FileTime time, const std::string& path) {
        if (time.seconds != -1 || time.nanoseconds == 0) return time;
        lost_.near_times.add("/" + path);
        return {time.nanoseconds < kSecond / 2 ? -1 : 0, 0};
    }

    // zip has 32 bits for it, of which libarchive keeps the lowest: what they cannot hold becomes the nearest that they can.
    FileTime zip_time(FileTime time, const std::string& path) {
        const std::int64_t nearest = std::clamp<std::int64_t>(time.seconds, INT32_MIN, INT32_MAX);
        if (nearest == time.seconds) return time;
        lost_.far_times.add("/" + path);
        return {nearest, 0};
    }

    void set_extended(const Waiting& file, archive_entry* entry) {
        const Attributes& attributes = file.entry.attributes;
        if (format_ == ArchiveFormat::zip) {
            if (!attributes.xattrs.empty() || attributes.flags != 0) lost_.extended.add("/" + file.path);
            return;
        }
        for (const ExtendedAttribute& attribute : attributes.xattrs) {
            if (is_acl(attribute)) {
                if (add_acl(entry, attribute)) continue;
                lost_.narrowed_lists.add("/" + file.path);  // and the list itself among the extended attributes
            }
            if (is_coded(attribute.name)) lost_.coded_names.add("/" + file.path + ": " + attribute.name);
            ::archive_entry_xattr_add_entry(entry, attribute.name.c_str(), attribute.value.data(), attribute.value.size());
        }
        if (attributes.flags != 0) ::archive_entry_set_fflags(entry, attributes.flags, 0);
    }

    Status write_data(Waiting& file, ByteView bytes) {
        while (!bytes.empty()) {
            const la_ssize_t wrote = ::archive_write_data(archive_.get(), bytes.data(), bytes.size());
            if (wrote < 0) return check(static_cast<int>(wrote));
            if (wrote == 0) return Error{Code::failed, say("cannot write the archive: {}", printable(file.path))};
            file.at += static_cast<std::uint64_t>(wrote);
            bytes = bytes.subspan(static_cast<std::size_t>(wrote));
        }
        return done();
    }
    Status write_zeros(Waiting& file, std::uint64_t up_to) {
        while (file.at < up_to) {
            TRY(stop_.check());
            TRY(write_data(file,
                           {zeros_.data(), static_cast<std::size_t>(std::min<std::uint64_t>(kZeroPiece, up_to - file.at))}));
        }
        return done();
    }

    SnapshotAccess& access_;
    ArchiveFormat format_;
    Losses& losses_;
    Progress& progress_;
    const StopFlag& stop_;
    Report report_;
    std::unique_ptr<archive, FreeArchive> archive_;
    WorkerPool pool_{0};
    ContentStream stream_;
    std::deque<Waiting> waiting_;  // in order; the front is being written
    struct Leader {
        std::string path;
        bool left_out = false;
    };
    std::unordered_map<std::uint64_t, Leader> leaders_;  // first names of inodes with several
    Bytes zeros_;
    int descriptor_;
    std::string path_;  // of the folder the plan is in, with a slash at its end
    std::uint64_t next_tag_ = 0;
    ArchiveLosses lost_;
    bool is_open_ = false;  // begun, and not ended yet
    bool spoilt_ = false;   // reading goes on to find what else is lost; nothing is written any more
};

// Nothing: it is to be begun again, without `losses`. Every round learns of one more at least, so there are only so many.
Result<std::optional<RestoreResult>> export_once(SnapshotAccess& access, Plan& plan, ArchiveFormat format, int descriptor,
                                                 Losses& losses, Progress& progress, const StopFlag& stop) {
    ExportRun run(access, format, descriptor, losses, progress, stop);
    TRY(run.run(plan));
    if (run.is_spoilt()) return std::optional<RestoreResult>{};
    return std::optional<RestoreResult>(run.take_result());
}

}  // namespace

Result<ArchiveFormat> archive_format_of(const std::string& output_path) {
    if (output_path.ends_with(".tar")) return ArchiveFormat::tar;
    if (output_path.ends_with(".tar.zst") || output_path.ends_with(".tzst")) return ArchiveFormat::tar_zstd;
    if (output_path.ends_with(".zip")) return ArchiveFormat::zip;
    return Error{Code::usage,
                 say("{} ends in none of .tar, .tar.zst, .zip: the ending says which archive to write", printable(output_path))};
}

Result<RestoreResult> export_snapshot(Repository& repository, const Snapshot& snapshot, const UnlockedKeyring& unlocked,
                                      const std::vector<std::string>& paths, const std::string& output, Progress& progress,
                                      const StopFlag& stop) {
    const std::int64_t begun_ns = repository.clock().monotonic_ns();
    TRY_ASSIGN(const ArchiveFormat format, archive_format_of(output));
    TRY_ASSIGN(const auto access, SnapshotAccess::open(repository, snapshot, unlocked));
    TRY_ASSIGN(Plan plan, Plan::make(access->trees(), access->root(), paths, ""));
    TRY_ASSIGN(NewArchive made, NewArchive::create(output));
    Losses losses;
    std::optional<RestoreResult> result;
    while (!result) {
        TRY_ASSIGN(result, export_once(*access, plan, format, made.descriptor(), losses, progress, stop));
        if (result) break;
        TRY(made.begin_again());
        TRY_ASSIGN(plan, Plan::make(access->trees(), access->root(), paths, ""));
    }
    TRY(made.finish());
    result->seconds = static_cast<double>(repository.clock().monotonic_ns() - begun_ns) / 1e9;
    return std::move(*result);
}

}  // namespace custody
