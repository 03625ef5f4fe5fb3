// Byte views, bounded little-endian reading and writing, hex, base64.
//
// ByteReader is the only way bytes from a medium are parsed: it never reads past its view and never allocates from a
// length it was given; every getter reports Code::corrupt through ok() turning false, after which all getters yield 0.
// Ownership: views do not own. Threads: no sharing. Units: bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

using Byte = std::uint8_t;
using Bytes = std::vector<Byte>;
using ByteView = std::span<const Byte>;
using MutableByteView = std::span<Byte>;

inline ByteView as_bytes(std::string_view text) { return {reinterpret_cast<const Byte*>(text.data()), text.size()}; }
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

// Lower-case hex without separators; from_hex accepts exactly that, in either case.
[[nodiscard]] std::string to_hex(ByteView bytes);
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);
// RFC 4648 section 4, with padding.
[[nodiscard]] std::string to_base64(ByteView bytes);
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);

template <class Integer>
Integer load_le(const Byte* from) {
    Integer value;
    std::memcpy(&value, from, sizeof value);  // x86-64 and arm64 are little-endian; asserted in bytes.cc
    return value;
}
template <class Integer>
void store_le(Byte* to, Integer value) {
    std::memcpy(to, &value, sizeof value);
}

class ByteWriter {
public:
    explicit ByteWriter(Bytes& out) : out_(out) {}
    void u8(std::uint8_t value) { out_.push_back(value); }
    void u16(std::uint16_t value) { fixed(value); }
    void u32(std::uint32_t value) { fixed(value); }
    void u64(std::uint64_t value) { fixed(value); }
    void raw(ByteView bytes) { append(out_, bytes); }
    // LEB128, at most 10 bytes; signed values in zigzag.
    void varint(std::uint64_t value);
    void zigzag(std::int64_t value);
    // varint length, then the bytes.
    void blob(ByteView bytes);

private:
    template <class Integer>
    void fixed(Integer value) {
        const std::size_t at = out_.size();
        out_.resize(at + sizeof value);
        store_le(out_.data() + at, value);
    }
    Bytes& out_;
};

class ByteReader {
public:
    explicit ByteReader(ByteView bytes) : bytes_(bytes) {}
    std::uint8_t u8() { return fixed<std::uint8_t>(); }
    std::uint16_t u16() { return fixed<std::uint16_t>(); }
    std::uint32_t u32() { return fixed<std::uint32_t>(); }
    std::uint64_t u64() { return fixed<std::uint64_t>(); }
    std::uint64_t varint();  // a non-minimal or over-long encoding is a fault
    std::int64_t zigzag();
    ByteView raw(std::size_t count);      // empty and !ok() when fewer remain
    ByteView blob(std::size_t max_size);  // varint length, refused above max_size
    // A count that promises at least `bytes_each` bytes each must fit in what remains; else 0 and !ok().
    std::size_t count(std::size_t bytes_each);

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t remaining() const { return bytes_.size() - at_; }
    [[nodiscard]] std::size_t position() const { return at_; }
    [[nodiscard]] bool at_end() const { return ok_ && remaining() == 0; }
    void fail() { ok_ = false; }

private:
    template <class Integer>
    Integer fixed() {
        if (!ok_ || remaining() < sizeof(Integer)) {
            ok_ = false;
            return 0;
        }
        const Integer value = load_le<Integer>(bytes_.data() + at_);
        at_ += sizeof(Integer);
        return value;
    }
    ByteView bytes_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

}  // namespace custody
