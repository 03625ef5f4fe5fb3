// Reading the trees of one label of a vault: index, blocks and keys behind a TreeReader. For ls, find and diff.
//
// Ownership: refers to the repository, which outlives it. Threads: one. Errors: wrong_key without the label's secret;
// refused: the label's keys were destroyed; those of TreeReader.
#pragma once

#include "vault/repository.h"
#include "vault/tree_reader.h"

#include <map>
#include <memory>
#include <string>

namespace custody {

class LabelView {
public:
    static Result<std::unique_ptr<LabelView>> open(Repository& repository, const LabelId& label, const UnlockedKeyring& unlocked);
    [[nodiscard]] TreeReader& tree() { return *tree_; }

private:
    LabelView() = default;
    std::shared_ptr<const WriterKeys> keys_;
    std::shared_ptr<const LabelSecrets> secrets_;
    std::unique_ptr<Index> index_;
    std::unique_ptr<SegmentOpener> opener_;
    std::unique_ptr<BlockSource> blocks_;
    std::unique_ptr<TreeReader> tree_;
};

// One view a label, opened when first asked for.
class LabelViews {
public:
    LabelViews(Repository& repository, const UnlockedKeyring& unlocked) : repository_(repository), unlocked_(unlocked) {}
    [[nodiscard]] Result<TreeReader*> tree_of(const Snapshot& snapshot);

private:
    Repository& repository_;
    const UnlockedKeyring& unlocked_;
    std::map<LabelId, std::unique_ptr<LabelView>> views_;
};

// "/srv/data" or "srv/data/" as the tree names it: "srv/data"; "" for the root. usage: ".." in it.
[[nodiscard]] Result<std::string> tree_path(const std::string& given);

}  // namespace custody
