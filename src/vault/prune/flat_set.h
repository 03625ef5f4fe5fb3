// A set of 64-bit keys in one flat table: 8 bytes a slot, at most 70 % full. Keys are compared whole.
// Threads: one. Memory: doubles when full, so at most 23 bytes a key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace custody {

class FlatSet64 {
public:
    // False: it was there.
    bool insert(std::uint64_t key) {
        if (key == kEmpty) return !std::exchange(has_zero_, true);
        if ((size_ + 1) * 10 > slots_.size() * 7) grow();
        std::uint64_t& slot = slots_[slot_of(slots_, key)];
        if (slot == key) return false;
        slot = key;
        ++size_;
        return true;
    }
    [[nodiscard]] bool contains(std::uint64_t key) const {
        if (key == kEmpty) return has_zero_;
        return !slots_.empty() && slots_[slot_of(slots_, key)] == key;
    }
    [[nodiscard]] std::size_t size() const { return size_ + (has_zero_ ? 1 : 0); }
    void clear() {
        slots_.clear();
        size_ = 0;
        has_zero_ = false;
    }

private:
    static constexpr std::uint64_t kEmpty = 0;

    // Where the key is, or where it would go. Precondition: a slot is free; the size is a power of two.
    static std::size_t slot_of(const std::vector<std::uint64_t>& slots, std::uint64_t key) {
        std::size_t at = (key * 0x9E3779B97F4A7C15ULL >> 20) & (slots.size() - 1);
        while (slots[at] != kEmpty && slots[at] != key) at = (at + 1) & (slots.size() - 1);
        return at;
    }
    void grow() {
        std::vector<std::uint64_t> larger(slots_.empty() ? 1024 : slots_.size() * 2, kEmpty);
        for (const std::uint64_t key : slots_) {
            if (key != kEmpty) larger[slot_of(larger, key)] = key;
        }
        slots_ = std::move(larger);
    }

    std::vector<std::uint64_t> slots_;
    std::size_t size_ = 0;
    bool has_zero_ = false;
};

}  // namespace custody
