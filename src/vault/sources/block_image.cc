#include "vault/sources/block_image.h"

#include "base/block_device.h"
#include "base/counts.h"
#include "base/file.h"
#include "base/loop_devices.h"
#include "base/text.h"
#include "vault/sources/block_image_state.h"
#include "vault/sources/disk_layout.h"
#include "vault/sources/ext_free_space.h"
#include "vault/sources/local_item.h"
#include "vault/sources/named_place.h"
#include "vault/sources/second_reading.h"
#include "vault/sources/settling.h"
#include "vault/sources/single_item.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>

namespace custody {
namespace {

constexpr std::uint32_t kImageChunk = 1024 * 1024;

struct OpenImage {
    Fd fd;
    struct stat status {};
    std::uint64_t size = 0;
    [[nodiscard]] bool is_device() const { return S_ISBLK(status.st_mode); }
};

Result<OpenImage> open_image(const std::string& path) {
    OpenImage image;
    image.fd = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!image.fd.valid() && (errno == ENOENT || errno == ENOTDIR))
        return Error{Code::not_found, say("cannot back up {}: there is no such device or file", printable(path))};
    if (!image.fd.valid()) return system_error(errno, "open", path);
    if (::fstat(image.fd.get(), &image.status) != 0) return system_error(errno, "look at", path);
    if (!image.is_device() && !S_ISREG(image.status.st_mode))
        return Error{Code::usage, say("{} is neither a block device nor an image file", printable(path))};
    image.size = static_cast<std::uint64_t>(image.status.st_size);
    if (image.is_device() && ::ioctl(image.fd.get(), BLKGETSIZE64, &image.size) != 0) return system_error(errno, "measure", path);
    return image;
}

SourceItem item_of(const std::string& path, const OpenImage& image) {
    SourceItem item;
    fill_from_stat(image.status, item);
    item.name = base_name(path);
    item.type = EntryType::file;
    item.stamp.size = image.size;
    item.links = 1;
    return item;
}

std::vector<SourceItem> parents_of(const std::string& path) {
    std::vector<SourceItem> parents;
    for (std::string at = parent_path(path); at != "/"; at = parent_path(at)) {
        SourceItem item;
        struct stat status {};
        if (::stat(at.c_str(), &status) == 0) fill_from_stat(status, item);
        item.name = base_name(at);
        item.type = EntryType::folder;
        parents.insert(parents.begin(), std::move(item));
    }
    return parents;
}

// Both ascending; overlaps and neighbours become one.
std::vector<Hole> merged(const std::vector<Hole>& a, const std::vector<Hole>& b) {
    std::vector<Hole> all;
    std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all));
    std::vector<Hole> result;
    for (const Hole& hole : all) {
        if (result.empty() || result.back().offset + result.back().length < hole.offset) {
            result.push_back(hole);
            continue;
        }
        Hole& last = result.back();
        last.length = std::max(last.offset + last.length, hole.offset + hole.length) - last.offset;
    }
    return result;
}

// A device and how it was at some time; nullopt: an image file, or a device that is known to change while it is read.
struct WatchedDevice {
    DeviceWatch watch;
    DeviceState state;
};

class ImageContent final : public FileContent {
public:
    ImageContent(OpenImage image, std::string path, std::vector<Hole> holes, std::optional<WatchedDevice> device)
        : image_(std::move(image)),
          path_(std::move(path)),
          device_(std::move(device)),
          holes_(std::move(holes)),
          reader_(image_.fd.get(), image_.size, holes_) {}
    [[nodiscard]] std::uint64_t size() const override { return image_.size; }
    [[nodiscard]] const std::vector<Hole>& holes() const override { return holes_; }
    [[nodiscard]] std::uint32_t fixed_chunk() const override { return kImageChunk; }
    [[nodiscard]] Result<std::size_t> read(MutableByteView into) override {
        const ssize_t got = reader_.read(into);
        if (got < 0) return system_error(errno, "read", path_);
        return static_cast<std::size_t>(got);
    }
    [[nodiscard]] Result<bool> changed_since_open() override {
        struct stat now {};
        if (::fstat(image_.fd.get(), &now) != 0) return system_error(errno, "look at", path_);
        if (!image_.is_device()) return stamp_of(now) != stamp_of(image_.status);
        if (!device_) return false;
        TRY_ASSIGN(const DeviceState state, look_at_device(device_->watch, image_.fd.get()));
        return state.mounted_read_write || device_->state.mounted_read_write || !state.is_same_content(device_->state);
    }
    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableByteView into) override {
        return read_from_disk(image_.fd.get(), offset, into, path_);
    }
    // A device has no times; what is written to one that is watched changes its state.
    [[nodiscard]] std::string unseen_writer(bool settled) override {
        if (!image_.is_device()) return unseen_writer_of_file(image_.fd.get(), settled);
        return device_ ? std::string() : say("it is in use while it is read");
    }

private:
    OpenImage image_;
    std::string path_;
    std::optional<WatchedDevice> device_;  // as it was before the first byte was read
    std::vector<Hole> holes_;
    RangeReader reader_;
};

class ImageSource final : public SingleItemSource {
public:
    // `device`: as it was before the look for `free`. `frozen`: as in ImageOptions.
    ImageSource(const std::string& path, OpenImage image, std::vector<Hole> free, std::optional<WatchedDevice> device,
                bool frozen)
        : SingleItemSource(path, parents_of(path), item_of(path, image)),
          path_(path),
          looked_at_(std::move(image.fd)),
          expected_(image.size),
          free_(std::move(free)),
          looked_(std::move(device)),
          frozen_(frozen),
          last_opened_(looked_ ? looked_->state : DeviceState()) {}

    [[nodiscard]] std::string kind() const override { return "image"; }
    // The size, and once it is open what of that is read.
    [[nodiscard]] std::uint64_t expected_bytes() const override { return expected_; }
    [[nodiscard]] Result<OpenedItem> open(const SourceFolder&, const SourceItem& item) override {
        OpenedItem opened = entry_of(item);
        if (item.type == EntryType::folder) return opened;
        TRY_ASSIGN(OpenImage image, open_image(path_));
        opened.stamp = item_of(path_, image).stamp;
        if (!image.is_device()) opened.settle_ns = settle_time_ns(image.fd.get(), true);  // writing to a device moves no times
        std::vector<Hole> holes;
        if (!image.is_device()) {
            TRY_ASSIGN(holes, find_holes(image.fd.get(), image.size));
        }
        std::optional<WatchedDevice> device = looked_;
        bool is_same = same_stamp(opened.stamp, item.stamp);
        if (device) {
            TRY_ASSIGN(device->state, look_at_device(device->watch, image.fd.get()));
            is_same = is_same && !device->state.mounted_read_write && device->state.is_same_content(looked_->state);
            const std::scoped_lock lock(mutex_);
            last_opened_ = device->state;
        }
        // What was free when the run began says nothing about an image that became another since.
        if (is_same) holes = merged(holes, free_);
        std::uint64_t data = image.size;
        for (const Hole& hole : holes) data -= hole.length;
        expected_ = data;
        opened.content = std::make_unique<ImageContent>(std::move(image), path_, std::move(holes), std::move(device));
        return opened;
    }
    [[nodiscard]] bool can_read_again() const override { return !frozen_; }  // thawed by then, it is another
    // A device counts as changed when it did since it was opened to be stored.
    [[nodiscard]] Result<OpenedItem> open_again(const std::string&, const std::string& name) override {
        TRY_ASSIGN(OpenImage image, open_image(path_));
        OpenedItem opened;
        opened.entry.name = name;
        opened.stamp = item_of(path_, image).stamp;
        std::optional<WatchedDevice> device = looked_;
        if (device) {
            const std::scoped_lock lock(mutex_);
            device->state = last_opened_;
        }
        opened.content = std::make_unique<ImageContent>(std::move(image), path_, std::vector<Hole>(), std::move(device));
        return opened;
    }
    [[nodiscard]] std::vector<std::string> look_again(const std::string&, std::span<const SeenItem> items) override {
        const auto image = open_image(path_);
        std::vector<std::string> answers(items.size());
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (!image.ok())
                answers[i] = std::string(translate("has vanished"));
            else if (image->size != items[i].stamp.size)
                answers[i] = say("went from {} bytes to {}", items[i].stamp.size, image->size);
            else if (!frozen_ && !image->is_device() && !same_stamp(item_of(path_, *image).stamp, items[i].stamp))
                answers[i] = std::string(translate("was written to"));
            else if (image->is_device() && looked_)
                answers[i] = difference(image->fd.get());
        }
        return answers;
    }

private:
    // Of the device, since it was opened to be read. A mount alone, after that, changes nothing.
    [[nodiscard]] std::string difference(int fd) {
        const auto now = look_at_device(looked_->watch, fd);
        if (!now.ok()) return std::string(translate("can no longer be looked at"));
        const std::scoped_lock lock(mutex_);
        return now->is_same_content(last_opened_) ? std::string() : std::string(translate("was written to"));
    }

    std::string path_;
    Fd looked_at_;  // while it is open a loop device cannot be given another file, for which free_ would be wrong
    std::atomic<std::uint64_t> expected_;  // open() may run beside the walk
    std::vector<Hole> free_;
    std::optional<WatchedDevice> looked_;
    const bool frozen_;
    std::mutex mutex_;
    DeviceState last_opened_;  // guarded by mutex_
};

// What may change what lies there while it is read.
struct Writers {
    bool mounted = false, swap = false;
};
Result<Writers> find_writers(const ImageOptions& options, const OpenImage& image) {
    const auto devices = image.is_device() ? std::vector<std::string>{options.path} : loop_devices_over(image.status);
    Writers writers;
    std::string uses;
    for (const std::string& device : devices) {
        TRY_ASSIGN(const DeviceInfo info, describe_device(device));
        writers.mounted = writers.mounted || info.mounted_read_write;
        writers.swap = writers.swap || info.is_swap;
        for (const std::string& use : info.uses) uses += (uses.empty() ? "" : ", ") + use;
    }
    if (options.frozen) writers.mounted = false;  // nobody writes through what is mounted
    if (!writers.mounted || options.allow_mounted) return writers;
    return Error{Code::refused,
                 say("{} is in use ({}): its image would be torn; unmount it, mount it read-only, or give --allow-mounted",
                     printable(options.path), uses)};
}

bool is_ext(const DiskArea& area) { return area.type == "ext2" || area.type == "ext3" || area.type == "ext4"; }

Result<std::optional<WatchedDevice>> watch_device(const std::string& path, const OpenImage& image, const Writers& writers,
                                                  const DiskLayout& layout) {
    if (!image.is_device() || writers.mounted) return std::optional<WatchedDevice>();
    WatchedDevice device{{path, {}, !writers.swap}, {}};
    for (const DiskArea& area : layout.areas)
        if (is_ext(area)) device.watch.ext_begins.push_back(area.offset);
    TRY_ASSIGN(device.state, look_at_device(device.watch, image.fd.get()));
    return std::optional(std::move(device));
}

void note_area(const OpenImage& image, const DiskArea& area, const ImageOptions& options, bool mounted, ImageNotes& notes,
               std::vector<Hole>& free) {
    std::string words = area.type.empty() ? std::string(translate("unknown content")) : area.type;
    if (!area.label.empty()) words += " \"" + printable(area.label) + "\"";
    const bool is_looked_at = is_ext(area) && !options.keep_free_blocks;
    std::optional<ExtFreeSpace> space;
    if (is_looked_at && mounted)
        space.emplace().distrust = say("it is mounted read-write");  // whatever its bitmaps say now
    else if (is_looked_at && area.is_shared)
        space.emplace().distrust = say("another partition, the partition table or another file system lies in the same place");
    else if (is_looked_at)
        space = find_ext_free_space(image.fd.get(), area.offset, area.size, options.watch);
    if (space && space->distrust.empty()) {
        for (const Hole& run : space->free)
            if (run.offset + run.length <= area.offset + area.size) free.push_back(run);
        words += say(" {} used of {}", human_bytes(space->used_bytes), human_bytes(area.size));
    } else {
        words += " " + human_bytes(area.size);
        if (space)
            notes.warnings.push_back(
                say("free space of {} at byte {} is stored too: {}", area.type, area.offset, space->distrust));
    }
    notes.description += (notes.description.empty() ? "" : ", ") + words;
}

}  // namespace

Result<std::unique_ptr<Source>> open_block_image(const ImageOptions& options, ImageNotes& notes) {
    TRY_ASSIGN(OpenImage image, open_image(options.path));
    if (image.size == 0) {  // its snapshot would stand as the latest and hide what went wrong
        return Error{Code::failed, say("no snapshot is made, for {} holds not one byte: look whether it is the right one, and "
                                       "whether what makes it failed, or a medium is missing",
                                       printable(options.path))};
    }
    TRY_ASSIGN(const Writers writers, find_writers(options, image));
    // A file system writes its files past what the device's own cache holds since it was last read.
    if (options.frozen && image.is_device()) (void)::posix_fadvise(image.fd.get(), 0, 0, POSIX_FADV_DONTNEED);
    if (writers.mounted)
        notes.warnings.push_back(
            say("{} is mounted read-write: the image may hold a state that never was", printable(options.path)));
    if (writers.swap)
        notes.warnings.push_back(
            say("{} is in use as swap: the image may hold a state that never was; what is in swap needs no "
                "backup, and 'swapoff' ends it",
                printable(options.path)));
    const DiskLayout layout = find_disk_layout(image.fd.get(), image.size);
    std::optional<WatchedDevice> device;  // of a frozen one only thaw() knows
    if (!options.frozen) {
        TRY_ASSIGN(device, watch_device(options.path, image, writers, layout));  // before any of it is believed
    }
    const bool mounted = writers.mounted || (device && device->state.mounted_read_write);
    std::vector<Hole> free;
    for (const DiskArea& area : layout.areas) {
        note_area(image, area, options, mounted, notes, free);
        if (options.watch.stop != nullptr) TRY(options.watch.stop->check());
    }
    if (!layout.table.empty())
        notes.description =
            layout.table + ", " + say_count(layout.areas.size(), "{} partition", "{} partitions") + ": " + notes.description;
    std::sort(free.begin(), free.end());
    free = merged(free, {});
    for (const Hole& run : free) notes.skipped_free += run.length;
    return std::unique_ptr<Source>(
        std::make_unique<ImageSource>(options.path, std::move(image), std::move(free), std::move(device), options.frozen));
}

}  // namespace custody
