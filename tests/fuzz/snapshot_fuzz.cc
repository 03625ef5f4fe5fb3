// A snapshot as a hostile host that holds the label's writer keys could publish it.
//   byte 0: 0 the object | 1 the record's body, signed here | 2 the plain summary, sealed and signed here
#include "base/text.h"
#include "tests/fuzz/signed_input.h"
#include "vault/history/snapshot.h"

namespace {

using namespace custody;

constexpr std::string_view kPurpose = "custody snapshot 1";

WriterKeys zero_keys() {
    WriterKeys keys;
    keys.name = "config";
    keys.summary_key = Secret(kKeySize);
    return keys;
}

SnapshotSummary seed_summary() {
    SnapshotSummary summary;
    summary.time = Time{1'793'671'200 * kSecond};
    summary.label = "config";
    summary.name = "etc";
    summary.host = "host";
    summary.kind = "files";
    summary.paths = {"/etc", "/srv/\xff"};
    return summary;
}

// A record whose sealed summary is `plain`, whatever that is: family, label, host and salt are zero.
Bytes seal(ByteView plain) {
    const Bytes zeros(16, 0);
    const Secret key = hkdf(zero_keys().summary_key.view(), zeros, "custody snapshot summary 1");
    Bytes sealed(plain.size() + kTagSize);
    Aead(Suite::standard, key.view()).seal(0, Bytes(64, 0), plain, sealed);
    const std::string zero_id = to_hex(zeros);
    const Json body = {{"format", 1},
                       {"suite", 1},
                       {"family", zero_id},
                       {"label", zero_id},
                       {"host", zero_id},
                       {"nonce", zero_id},
                       {"epoch", 0},
                       {"key", KeyTag{}.hex()},
                       {"summary", to_base64(sealed)}};
    auto record = sign_record(body, kPurpose, fuzz::zero_seed());
    return record.ok() ? std::move(*record) : Bytes{};
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (!fuzz::wants_seeds()) return 0;
    const auto encoded = encode_snapshot(seed_summary(), zero_keys(), HostId{}, fuzz::zero_seed());
    if (!encoded.ok()) std::abort();
    fuzz::write_signed_seeds("snapshot", encoded->bytes, kPurpose);
    Bytes seed = {2};
    append(seed, as_bytes(R"({"bytes":1,"changed_while_read":0,"clock_suspect":false,"failed":0,"files":1,"host":"h","kind":)"
                          R"("files","label":"config","name":{"base64":"/w=="},"paths":["/etc",{"base64":"/w=="}],"root":")" +
                          TreeId{}.hex() + R"(","time":"2026-11-03T02:00:00Z"})"));
    fuzz::write_seed("summary", seed);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input(data, size);
    if (input.empty()) return 0;
    const Bytes object = input[0] == 2 ? seal(input.subspan(1)) : fuzz::signed_input(input, kPurpose);
    const ObjectId id = id_of<ObjectId>(sha256(object));
    const WriterKeys keys = zero_keys();
    const auto snapshot = decode_snapshot(id, object, keys);
    if (!snapshot.ok()) return 0;
    // What was read can be written and read again.
    const auto again = encode_snapshot(snapshot->summary, keys, snapshot->clear.host, fuzz::zero_seed());
    if (!again.ok()) {
        if (again.error().code != Code::failed && again.error().code != Code::usage) std::abort();
        return 0;
    }
    const auto twice = decode_snapshot(again->id, again->bytes, keys);
    if (!twice.ok() || twice->summary.paths != snapshot->summary.paths || twice->summary.time != snapshot->summary.time)
        std::abort();
    return 0;
}
