#include "vault/sources/virtual_files.h"

#include "base/file.h"
#include "base/text.h"
#include "vault/sources/named_place.h"
#include "vault/sources/once_content.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

namespace custody {
namespace {

constexpr std::size_t kMaxName = 255;

class BytesContent final : public OnceContent {
public:
    explicit BytesContent(Bytes bytes) : bytes_(std::move(bytes)) {}
    [[nodiscard]] Result<std::size_t> read(MutableByteView into) override {
        const std::size_t count = std::min(into.size(), bytes_.size() - at_);
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
        at_ += count;
        return count;
    }

private:
    Bytes bytes_;
    std::size_t at_ = 0;
};

class LaidDownContent final : public OnceContent {
public:
    explicit LaidDownContent(LaidDownFile file) : file_(std::move(file)) {}
    [[nodiscard]] Result<std::size_t> read(MutableByteView into) override {
        std::size_t filled = 0;
        while (filled < into.size()) {
            const auto at = static_cast<off_t>(at_ + filled);
            const ssize_t got = ::pread(file_.descriptor, into.data() + filled, into.size() - filled, at);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return system_error(errno, "read", file_.path);
            if (got == 0) break;
            filled += static_cast<std::size_t>(got);
        }
        at_ += filled;
        if (filled < into.size() && at_ != file_.size) {
            return Error{Code::io, say("the copy of {} is shorter than it was made", printable(file_.path))};
        }
        return filled;
    }

private:
    LaidDownFile file_;
    std::uint64_t at_ = 0;
};

// A folder while the tree is put together. By name: the order of the walk.
struct Branch {
    std::map<std::string, Branch> folders;
    std::map<std::string, bool> files;  // to whether it is there
};

bool is_component(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && name.size() <= kMaxName && name.find('\0') == std::string_view::npos;
}

class VirtualFiles final : public Source {
public:
    VirtualFiles(VirtualTree tree, Time now) : tree_(std::move(tree)), now_(to_file_time(now)) {}

    Status plan() {
        Branch top;
        if (!tree_.root.starts_with('/') || tree_.root.size() < 2) return refusal(tree_.root);
        for (VirtualFile& file : tree_.files) {
            if (file.path.empty()) return refusal(tree_.root);
            const std::string path = join_path(tree_.root, file.path);
            TRY(add(top, path));
            if (!open_.emplace(path, std::move(file.open)).second) return refusal(path);
        }
        plan_folder(top, "/", 0);
        return done();
    }

    [[nodiscard]] std::string kind() const override { return tree_.kind; }
    [[nodiscard]] std::vector<std::string> paths() const override { return {tree_.root}; }
    [[nodiscard]] bool is_worthless_in_part() const override { return true; }
    [[nodiscard]] bool can_look_again() const override { return false; }
    [[nodiscard]] std::uint64_t expected_bytes() const override { return tree_.expected_bytes; }
    [[nodiscard]] std::vector<std::string> look_again(const std::string&, std::span<const SeenItem> items) override {
        return std::vector<std::string>(items.size());
    }

    [[nodiscard]] Status next(SourceStep& step) override {
        step = at_ < steps_.size() ? std::move(steps_[at_++]) : SourceStep{};
        return done();
    }

    [[nodiscard]] Result<OpenedItem> open(const SourceFolder& folder, const SourceItem& item) override {
        OpenedItem opened = entry_of(item);
        if (item.type != EntryType::file) return opened;
        const std::string path = join_path(folder.path(), item.name);
        const auto found = open_.find(path);
        if (found == open_.end() || !found->second) return refusal(path);
        const auto produce = std::exchange(found->second, nullptr);
        TRY_ASSIGN(opened.content, produce());
        return opened;
    }

private:
    static Error refusal(const std::string& path) {
        return {Code::usage, say("{} cannot name a file of a backup", printable(path))};
    }

    static Status add(Branch& top, const std::string& path) {
        Branch* node = &top;
        for (std::size_t at = 1;;) {
            const std::size_t end = std::min(path.find('/', at), path.size());
            const std::string name = path.substr(at, end - at);
            if (!is_component(name)) return refusal(path);
            const bool is_file = end == path.size();
            if ((is_file && node->folders.contains(name)) || node->files.contains(name)) return refusal(path);
            if (is_file) {
                node->files.emplace(name, true);
                return done();
            }
            node = &node->folders[name];
            at = end + 1;
        }
    }

    [[nodiscard]] SourceItem item(const std::string& folder, const std::string& name, bool is_folder) const {
        const std::string path = join_path(folder, name);
        SourceItem item;
        item.name = name;
        item.type = is_folder ? EntryType::folder : EntryType::file;
        item.mode = is_folder ? 0700 : 0600;
        item.uid = ::geteuid();
        item.gid = ::getegid();
        item.stamp.size = is_folder ? 0 : kUnknownSize;
        item.stamp.modified = item.stamp.changed = now_;
        item.attributes_only = is_folder && tree_.root.size() > path.size() && tree_.root.starts_with(path + "/");
        item.is_named = path == tree_.root;
        return item;
    }

    void add_step(SourceStep::What what, const std::shared_ptr<SourceFolder>& folder, std::size_t index,
                  std::vector<SourceItem> items = {}) {
        SourceStep step;
        step.what = what;
        step.folder = folder;
        step.item = index;
        step.items = std::move(items);
        steps_.push_back(std::move(step));
    }

    void plan_folder(const Branch& node, const std::string& path, std::size_t index) {
        const auto folder = folder_named(path);
        add_step(SourceStep::What::enter, folder, index);
        std::vector<SourceItem> all;
        for (const auto& [name, below] : node.folders) all.push_back(item(path, name, true));
        for (const auto& [name, there] : node.files) all.push_back(item(path, name, false));
        std::sort(all.begin(), all.end(), [](const SourceItem& a, const SourceItem& b) { return a.name < b.name; });
        for (std::size_t begin = 0; begin < all.size(); begin += kMaxPieceItems) {
            const std::size_t end = std::min(begin + kMaxPieceItems, all.size());
            const std::vector<SourceItem> piece(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                                all.begin() + static_cast<std::ptrdiff_t>(end));
            add_step(SourceStep::What::piece, folder, 0, piece);
            for (std::size_t i = 0; i < piece.size(); ++i) {
                if (piece[i].type != EntryType::folder) continue;
                plan_folder(node.folders.at(piece[i].name), join_path(path, piece[i].name), i);
            }
        }
        add_step(SourceStep::What::leave, folder, 0);
    }

    VirtualTree tree_;
    const FileTime now_;
    std::map<std::string, std::function<Result<std::unique_ptr<FileContent>>()>> open_;
    std::vector<SourceStep> steps_;
    std::size_t at_ = 0;
};

}  // namespace

Result<std::unique_ptr<Source>> open_virtual_files(VirtualTree tree, const Clock& clock) {
    auto source = std::make_unique<VirtualFiles>(std::move(tree), clock.now());
    TRY(source->plan());
    return std::unique_ptr<Source>(std::move(source));
}

std::unique_ptr<FileContent> content_of(Bytes bytes) { return std::make_unique<BytesContent>(std::move(bytes)); }
std::unique_ptr<FileContent> content_of(LaidDownFile file) { return std::make_unique<LaidDownContent>(std::move(file)); }

std::string path_component(std::string_view name) {
    std::string out;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = c != '/' && c != '%' && byte >= 0x20 && byte != 0x7f && !(c == '.' && out.empty());
        out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
    }
    return out;
}

}  // namespace custody
