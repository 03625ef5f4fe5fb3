#include "vault/sources/tree_count.h"

#include <algorithm>

namespace custody {

TreeCount::TreeCount(FileTreeOptions options) {
    options.count_ahead = false;
    thread_ = std::jthread([this, options = std::move(options)](const std::stop_token& stop) { count(stop, options); });
}

void TreeCount::count(const std::stop_token& stop, const FileTreeOptions& options) {
    FileTreeNotes notes;  // said by the walk that backs up
    const auto tree = open_file_tree(options, notes);
    if (!tree.ok()) return;
    std::uint64_t bytes = 0;
    for (SourceStep step; !stop.stop_requested();) {
        if (!(*tree)->next(step).ok()) return;
        if (step.what == SourceStep::What::end) {
            bytes_.store(bytes);
            return;
        }
        for (const SourceItem& item : step.items)  // one of several names: its share
            if (!item.error && item.type == EntryType::file) bytes += item.stamp.size / std::max(item.links, 1u);
    }
}

}  // namespace custody
