#include "daemon/jobs/watched_source.h"

#include <utility>

namespace custody {

class WatchedSource::Content final : public FileContent {
public:
    Content(WatchedSource& source, std::unique_ptr<FileContent> inner) : source_(source), inner_(std::move(inner)) {}
    [[nodiscard]] std::uint64_t size() const override { return inner_->size(); }
    [[nodiscard]] const std::vector<Hole>& holes() const override { return inner_->holes(); }
    [[nodiscard]] Result<std::size_t> read(MutableByteView into) override {
        auto got = inner_->read(into);
        if (!got.ok()) source_.failed_ = true;
        return paced(std::move(got));
    }
    [[nodiscard]] Result<bool> changed_since_open() override {
        auto changed = inner_->changed_since_open();
        if (!changed.ok()) source_.failed_ = true;
        return changed;
    }
    [[nodiscard]] std::uint32_t fixed_chunk() const override { return inner_->fixed_chunk(); }
    [[nodiscard]] bool repeatable() const override { return inner_->repeatable(); }
    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableByteView into) override {
        return paced(inner_->read_at(offset, into));
    }
    [[nodiscard]] std::string unseen_writer(bool settled) override { return inner_->unseen_writer(settled); }

private:
    [[nodiscard]] Result<std::size_t> paced(Result<std::size_t> got) const {
        if (got.ok() && source_.throttle_ != nullptr) TRY(source_.throttle_->take(*got, source_.stop_));
        return got;
    }
    WatchedSource& source_;
    std::unique_ptr<FileContent> inner_;
};

Status WatchedSource::next(SourceStep& step) {
    Status stepped = inner_.next(step);
    if (!stepped.ok()) failed_ = true;
    return stepped;
}

Result<OpenedItem> WatchedSource::open(const SourceFolder& folder, const SourceItem& item) {
    auto opened = inner_.open(folder, item);
    if (!opened.ok()) {
        failed_ = true;
    } else if (opened->content) {
        opened->content = std::make_unique<Content>(*this, std::move(opened->content));
    }
    return opened;
}

// Its failures say nothing of what was stored.
Result<OpenedItem> WatchedSource::open_again(const std::string& folder, const std::string& name) {
    auto opened = inner_.open_again(folder, name);
    if (opened.ok() && opened->content) opened->content = std::make_unique<Content>(*this, std::move(opened->content));
    return opened;
}

}  // namespace custody
