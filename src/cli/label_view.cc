#include "cli/label_view.h"

#include "base/file.h"
#include "base/text.h"
#include "vault/closed_labels.h"

namespace custody {

Result<std::unique_ptr<LabelView>> LabelView::open(Repository& repository, const LabelId& label,
                                                   const UnlockedKeyring& unlocked) {
    std::unique_ptr<LabelView> view(new LabelView);
    view->keys_ = repository.keyring()->writer_keys(label);
    if (!view->keys_) {
        return Error{Code::wrong_key, why_closed(closed_label(repository, label))};
    }
    TRY_ASSIGN(view->secrets_, unlocked.secrets(label));
    if (!view->secrets_) {
        return Error{Code::wrong_key,
                     say("the secret of label {} is not in this keyring: use the custodian's", printable(view->keys_->name))};
    }
    TRY_ASSIGN(view->index_, Index::open(repository.store(), *view->keys_, IndexTrust{}));
    view->index_->ask_last(known_damaged(repository.state()));
    view->opener_ = std::make_unique<SegmentOpener>(*view->keys_, view->secrets_.get());
    view->blocks_ = std::make_unique<BlockSource>(repository.store(), *view->opener_);
    view->tree_ = std::make_unique<TreeReader>(*view->index_, *view->blocks_, *view->keys_);
    return view;
}

Result<TreeReader*> LabelViews::tree_of(const Snapshot& snapshot) {
    auto& view = views_[snapshot.clear.label];
    if (!view) {
        TRY_ASSIGN(view, LabelView::open(repository_, snapshot.clear.label, unlocked_));
    }
    return &view->tree();
}

Result<std::string> tree_path(const std::string& given) {
    std::string path;
    std::size_t at = 0;
    while (at < given.size()) {
        const std::size_t end = std::min(given.find('/', at), given.size());
        const std::string part = given.substr(at, end - at);
        at = end + 1;
        if (part.empty() || part == ".") continue;
        if (part == "..") return Error{Code::usage, say("'{}' has '..' in it: name the path from the root", printable(given))};
        path += (path.empty() ? "" : "/") + part;
    }
    return path;
}

}  // namespace custody
