// The walk of a Source that is one file entry at a path: its parents, then the entry. Base of images and streams.
#pragma once

#include "vault/sources/source.h"

#include <string>
#include <vector>

namespace custody {

class SingleItemSource : public Source {
public:
    [[nodiscard]] std::vector<std::string> paths() const override { return {path_}; }
    [[nodiscard]] Status next(SourceStep& step) final;

protected:
    // `path`: absolute; its last component is `item`'s name. `parents`: one item each folder from "/" down, may be fewer than the
    // path has: then the path is their names joined.
    SingleItemSource(std::string path, std::vector<SourceItem> parents, SourceItem item);

private:
    std::string path_;
    std::vector<SourceItem> chain_;  // parents, then the item
    std::vector<std::shared_ptr<SourceFolder>> folders_;
    std::size_t shown_ = 0;  // pieces
    bool piece_next_ = false, done_ = false;
};

}  // namespace custody
