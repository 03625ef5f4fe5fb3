#include "vault/sources/single_item.h"

#include "base/file.h"
#include "vault/sources/named_place.h"

namespace custody {
SingleItemSource::SingleItemSource(std::string path, std::vector<SourceItem> parents, SourceItem item)
    : path_(std::move(path)), chain_(std::move(parents)) {
    for (SourceItem& parent : chain_) parent.attributes_only = true;
    chain_.push_back(std::move(item));
}

Status SingleItemSource::next(SourceStep& step) {
    step.items.clear();
    step.error.reset();
    step.item = 0;
    if (piece_next_) {
        step.what = SourceStep::What::piece;
        step.folder = folders_.back();
        step.items.push_back(chain_[shown_++]);
        piece_next_ = false;
    } else if (shown_ < chain_.size() && !done_) {
        const std::string path = folders_.empty() ? "/" : join_path(folders_.back()->path(), chain_[shown_ - 1].name);
        folders_.push_back(folder_named(path));
        step.what = SourceStep::What::enter;
        step.folder = folders_.back();
        piece_next_ = true;
    } else if (!folders_.empty()) {
        done_ = true;
        step.what = SourceStep::What::leave;
        step.folder = folders_.back();
        folders_.pop_back();
    } else {
        step.what = SourceStep::What::end;
        step.folder.reset();
    }
    return done();
}

}  // namespace custody
