// Least recently used values up to a total weight in bytes. Threads: safe from many; values are shared, so that one that is
// dropped lives on with its users.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace custody {

template <class Key, class Value>
class WeightedCache {
public:
    explicit WeightedCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    [[nodiscard]] std::shared_ptr<Value> find(const Key& key) {
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(key);
        if (found == places_.end()) return nullptr;
        items_.splice(items_.begin(), items_, found->second);
        return found->second->value;
    }

    // Replaces what is there. Returns the value; one that is heavier than the whole cache is handed back unkept.
    std::shared_ptr<Value> insert(const Key& key, std::shared_ptr<Value> value, std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        if (const auto found = places_.find(key); found != places_.end()) drop(found->second);
        if (bytes > max_bytes_) return value;
        items_.push_front({key, value, bytes});
        places_[key] = items_.begin();
        bytes_ += bytes;
        while (bytes_ > max_bytes_) drop(std::prev(items_.end()));
        return value;
    }

private:
    struct Item {
        Key key;
        std::shared_ptr<Value> value;
        std::size_t bytes;
    };
    using Items = std::list<Item>;

    void drop(typename Items::iterator item) {
        bytes_ -= item->bytes;
        places_.erase(item->key);
        items_.erase(item);
    }

    std::mutex mutex_;
    const std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    Items items_;  // most recent first
    std::map<Key, typename Items::iterator> places_;
};

}  // namespace custody
