// Fixed-size identifiers. Id<32, Tag> values of different tags do not mix. All are compared and hashed as raw bytes.
#pragma once

#include "base/bytes.h"

#include <array>
#include <compare>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace custody {

template <std::size_t Size, class Tag>
struct Id {
    static constexpr std::size_t size = Size;
    std::array<Byte, Size> bytes{};

    auto operator<=>(const Id&) const = default;
    [[nodiscard]] ByteView view() const { return {bytes.data(), Size}; }
    [[nodiscard]] std::string hex() const { return to_hex(view()); }
    [[nodiscard]] bool is_zero() const { return *this == Id{}; }

    // Precondition: from.size() == Size (asserted).
    static Id from(ByteView from) {
        Id id;
        std::memcpy(id.bytes.data(), from.data(), from.size() < Size ? from.size() : Size);
        return id;
    }
    static std::optional<Id> from_hex(std::string_view text) {
        const auto raw = custody::from_hex(text);
        if (!raw || raw->size() != Size) return std::nullopt;
        return from(*raw);
    }
};

using Digest = Id<32, struct DigestTag>;      // SHA-256 of something
using ObjectId = Id<32, struct ObjectTag>;    // SHA-256 of a finished pack, index segment or snapshot file: its name
using ChunkId = Id<32, struct ChunkTag>;      // keyed hash of raw content under a label's chunk-id key
using TreeId = Id<32, struct TreeTag>;        // keyed hash of a tree node (references and body), same key, own domain
using FamilyId = Id<16, struct FamilyTag>;    // random; the vaults made with one keyring
using VaultId = Id<16, struct VaultTag>;      // random; one vault
using MediumId = Id<16, struct MediumTag>;    // random; one medium of the register
using LabelId = Id<16, struct LabelTag>;      // random; one label of one family
using SegmentId = Id<16, struct SegmentTag>;  // random; one segment of a pack, or one index segment
using HostId = Id<16, struct HostTag>;        // random; one writing host
using SignerId = Id<32, struct SignerTag>;    // an Ed25519 public key

struct IdHash {
    template <std::size_t Size, class Tag>
    std::size_t operator()(const Id<Size, Tag>& id) const {
        std::size_t value;
        std::memcpy(&value, id.bytes.data(), sizeof value);  // ids are uniform already
        return value;
    }
};

}  // namespace custody
