// A source that lets a test act while it is walked, read and looked at again. What acts on opening is called by one thread at a
// time, as the sequencer and its workers open items.
#pragma once

#include "vault/sources/source.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace custody::test {

struct Meddling {
    std::function<void(const SourceStep&)> after_step = [](const SourceStep&) {};
    std::function<void(const std::string&)> after_open = [](const std::string&) {};
    std::function<void()> before_second_look = [] {};  // once
    std::function<void(const std::string&)> before_second_reading = [](const std::string&) {};
};
class MeddlingSource final : public Source {
public:
    MeddlingSource(Result<std::unique_ptr<Source>> inner, Meddling meddling)
        : inner_(std::move(inner.value())), meddling_(std::move(meddling)) {}
    std::string kind() const override { return inner_->kind(); }
    std::vector<std::string> paths() const override { return inner_->paths(); }
    Status next(SourceStep& step) override {
        TRY(inner_->next(step));
        meddling_.after_step(step);
        return done();
    }
    Result<OpenedItem> open(const SourceFolder& folder, const SourceItem& item) override {
        auto opened = inner_->open(folder, item);
        const std::scoped_lock one_at_a_time(opening_);
        meddling_.after_open(item.name);
        return opened;
    }
    bool is_gone(const SourceFolder& folder, const SourceItem& item) override { return inner_->is_gone(folder, item); }
    std::vector<std::string> look_again(const std::string& folder, std::span<const SeenItem> items) override {
        std::call_once(looked_, meddling_.before_second_look);
        return inner_->look_again(folder, items);
    }

    bool can_read_again() const override { return inner_->can_read_again(); }
    Result<OpenedItem> open_again(const std::string& folder, const std::string& name) override {
        {
            const std::scoped_lock one_at_a_time(opening_);
            meddling_.before_second_reading(name);
        }
        return inner_->open_again(folder, name);
    }

private:
    std::unique_ptr<Source> inner_;
    Meddling meddling_;
    std::once_flag looked_;
    std::mutex opening_;
};

}  // namespace custody::test
