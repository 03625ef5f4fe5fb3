// Opens an index of many chunks, made synthetically, and looks ids up in it: time, resident memory, rate.
//   index_bench [--entries N (20000000)] [--lookups N (200000)] [--folder DIR (/tmp)]
// The segment is built by a child process, so that the figures are of opening and looking up alone.
#include "base/file.h"
#include "tests/support/pack_fixtures.h"
#include "vault/packs/index.h"
#include "vault/store/vault_header.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace {

using namespace custody;

constexpr std::uint64_t kEntriesPerPack = 40;  // chunks of 1 MiB

std::uint64_t mix(std::uint64_t value) {
    value += 0x9E3779B97F4A7C15;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
    return value ^ (value >> 31);
}

// The i-th id of `entries`, ascending with i. A salted one lies between two of them.
std::array<Byte, 32> id_at(std::uint64_t i, std::uint64_t entries, std::uint64_t salt) {
    std::array<Byte, 32> id{};
    const std::uint64_t step = ~std::uint64_t{0} / entries;
    const std::uint64_t head = i * step + mix(i ^ salt) % step;
    for (unsigned byte = 0; byte < 8; ++byte) id[byte] = static_cast<Byte>(head >> (56 - 8 * byte));
    for (unsigned word = 1; word < 4; ++word) store_le(id.data() + 8 * word, mix(i * 4 + word + salt));
    return id;
}

ObjectId pack_at(std::uint64_t n) {
    ObjectId id;
    for (unsigned word = 0; word < 4; ++word) store_le(id.bytes.data() + 8 * word, mix(n * 4 + word));
    return id;
}

std::uint64_t status_kib(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field + ":")) return std::strtoull(line.c_str() + field.size() + 1, nullptr, 10);
    }
    return 0;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Status build(ObjectStore& store, const test::LabelFixture& label, std::uint64_t entries) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<PackRow> rows;
    for (std::uint64_t n = 0; n * kEntriesPerPack < entries; ++n) {
        rows.push_back({pack_at(n), 42'000'000, kPackHeaderSize, SegmentKind::content});
    }
    TRY_ASSIGN(const auto writer, store.begin());
    IndexSegmentBuilder builder(label.keys, label.signing_seed, std::move(rows), entries);
    TRY(builder.begin(*writer));
    for (std::uint64_t i = 0; i < entries; ++i) {
        IndexEntry entry{id_at(i, entries, 0), {}};
        const std::uint64_t place = mix(i) % ((entries + kEntriesPerPack - 1) / kEntriesPerPack);
        entry.location = {pack_at(place), kPackHeaderSize,     184 + 1'000'000 * static_cast<std::uint32_t>(i % 40), 1'000'000, 0,
                          1'000'000,      SegmentKind::content};
        TRY(builder.add(entry));
    }
    TRY_ASSIGN(const auto finished, builder.finish());
    TRY(writer->finish(index_name(label.keys.label, finished.id)));
    TRY(store.barrier());
    std::printf("built    %llu entries, %.0f MB, in %.1f s, peak %llu MiB resident\n",
                static_cast<unsigned long long>(finished.entries), static_cast<double>(finished.size) / 1e6, seconds_since(start),
                static_cast<unsigned long long>(status_kib("VmHWM") / 1024));
    return done();
}

Status measure(ObjectStore& store, const test::LabelFixture& label, std::uint64_t entries, std::uint64_t lookups) {
    const auto start = std::chrono::steady_clock::now();
    TRY_ASSIGN(const auto index, Index::open(store, label.keys, {}));
    if (index->segments().size() != 1) return Error{Code::failed, "the segment did not open"};
    std::printf("opened   in %.3f s, %llu MiB resident, peak %llu MiB\n", seconds_since(start),
                static_cast<unsigned long long>(status_kib("VmRSS") / 1024),
                static_cast<unsigned long long>(status_kib("VmHWM") / 1024));
    for (const bool known : {true, false}) {
        for (const unsigned threads : {1u, 2u}) {
            const auto begun = std::chrono::steady_clock::now();
            std::vector<std::thread> workers;
            std::atomic<std::uint64_t> wrong{0};
            for (unsigned t = 0; t < threads; ++t) {
                workers.emplace_back([&, t] {
                    for (std::uint64_t n = t; n < lookups; n += threads) {
                        const auto found = index->lookup(id_at(mix(n) % entries, entries, known ? 0 : 1), nullptr);
                        if (!found.ok() || found->has_value() != known) ++wrong;
                    }
                });
            }
            for (auto& worker : workers) worker.join();
            if (wrong != 0) return Error{Code::failed, "wrong answers"};
            std::printf("lookup   %s ids at random, %u threads: %.0f a second\n", known ? "known  " : "unknown", threads,
                        static_cast<double>(lookups) / seconds_since(begun));
        }
    }
    std::printf("at end   %llu MiB resident, peak %llu MiB\n", static_cast<unsigned long long>(status_kib("VmRSS") / 1024),
                static_cast<unsigned long long>(status_kib("VmHWM") / 1024));
    return done();
}

int fail(const Error& error) {
    std::fprintf(stderr, "index_bench: %s\n", error.message.c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t entries = 20'000'000, lookups = 200'000;
    std::string folder = "/tmp";
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string flag = argv[i];
        if (flag == "--entries") entries = std::strtoull(argv[i + 1], nullptr, 10);
        if (flag == "--lookups") lookups = std::strtoull(argv[i + 1], nullptr, 10);
        if (flag == "--folder") folder = argv[i + 1];
    }
    if (auto hardened = harden_process(); !hardened.ok()) return fail(hardened.error());
    const std::string path = folder + "/custody-index-bench." + std::to_string(getpid());
    auto created = create_local_store(posix_file_system(), path);
    if (!created.ok()) return fail(created.error());
    const test::LabelFixture label;
    const pid_t child = fork();
    if (child == 0) {
        const Status built = build(**created, label, entries);
        std::fflush(stdout);
        _exit(built.ok() ? 0 : fail(built.error()));
    }
    int ended = 0;
    waitpid(child, &ended, 0);
    Status status = ended == 0 ? measure(**created, label, entries, lookups) : Status(Error{Code::failed, "not built"});
    const auto objects = (*created)->list("index");
    if (objects.ok()) {
        for (const auto& object : *objects) (void)(*created)->remove(object.name);
    }
    std::printf("folder   %s is left empty of segments; remove it\n", path.c_str());
    return status.ok() ? 0 : fail(status.error());
}
