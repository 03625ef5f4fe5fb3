// A bounded cache, least recently used out first. Threads: safe from many; values are copied out (shared_ptr or small).
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace custody {

template <class Key, class Value, class Hash>
class LruCache {
public:
    explicit LruCache(std::size_t capacity) : capacity_(capacity < 1 ? 1 : capacity) {}

    [[nodiscard]] std::optional<Value> find(const Key& key) {
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(key);
        if (found == places_.end()) return std::nullopt;
        items_.splice(items_.begin(), items_, found->second);
        return found->second->second;
    }
    // Replaces.
    void insert(const Key& key, Value value) {
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(key);
        if (found != places_.end()) {
            found->second->second = std::move(value);
            items_.splice(items_.begin(), items_, found->second);
            return;
        }
        items_.emplace_front(key, std::move(value));
        places_.emplace(key, items_.begin());
        if (items_.size() <= capacity_) return;
        places_.erase(items_.back().first);
        items_.pop_back();
    }
    void erase(const Key& key) {
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(key);
        if (found == places_.end()) return;
        items_.erase(found->second);
        places_.erase(found);
    }
    void clear() {
        const std::lock_guard lock(mutex_);
        places_.clear();
        items_.clear();
    }

private:
    const std::size_t capacity_;
    std::mutex mutex_;
    std::list<std::pair<Key, Value>> items_;  // newest first
    std::unordered_map<Key, typename std::list<std::pair<Key, Value>>::iterator, Hash> places_;
};

}  // namespace custody
