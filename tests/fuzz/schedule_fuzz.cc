// Cron expressions, zone files (TZif) and the rules of zones. What is accepted keeps its word: runs follow each other, next and
// previous agree, and a local time has a first moment.
#include "daemon/schedule/cron.h"
#include "daemon/schedule/zone.h"
#include "tests/fuzz/seeds.h"

#include <array>
#include <cstdlib>

namespace {

using namespace custody;

constexpr std::array<std::int64_t, 4> kMoments = {0, 1'774'746'000, 1'793'671'200, -2'000'000'000};

void check(const ZoneRules& zone) {
    for (const std::int64_t at : kMoments) {
        const std::int64_t shown = zone.first_showing(at);
        if (zone.local_at(shown) < at || zone.local_at(shown - 1) >= at) std::abort();
        if (zone.furthest_shown(shown) < at) std::abort();
        const auto next = zone.next_change(at);
        const auto last = zone.last_change(at);
        if ((next && next->at <= at) || (last && last->at > at)) std::abort();
    }
}

void check(const Cron& cron, const ZoneRules& zone) {
    for (const std::int64_t at : kMoments) {
        const Time from{at * kSecond};
        const auto next = cron.next_after(from, zone);
        if (!next) continue;
        if (*next <= from) std::abort();
        const auto itself = cron.previous_before(Time{next->ns + 1}, zone);
        const auto before = cron.previous_before(*next, zone);
        if (!itself || *itself != *next || (before && *before > from)) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (!fuzz::wants_seeds()) return 0;
    for (const char* name : {"Asia/Ho_Chi_Minh", "Europe/Berlin", "Pacific/Apia"}) {
        const auto file = read_file(posix_file_system(), std::string("/usr/share/zoneinfo/") + name, 65'536);
        if (file) fuzz::write_seed("zone" + std::to_string(file->size()), *file);
    }
    for (const char* text :
         {"CET-1CEST,M3.5.0,M10.5.0/3\n*/10 1-3,5 29 feb mon-fri", "<+07>-7\n@monthly", "XXX3EDT4,0/0,J365/23\n30 2 */2 * 7"})
        fuzz::write_seed("text" + std::to_string(std::string_view(text).size()), as_bytes(text));
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    if (const auto zone = ZoneRules::from_file(bytes, "fuzz")) {
        check(*zone);
        check(*Cron::parse("30 2 * * *"), *zone);
        check(*Cron::parse("*/10 * * * *"), *zone);
    }
    // A rule, then an expression.
    const std::string_view text = as_text(bytes);
    const std::size_t line = text.find('\n');
    const auto zone = ZoneRules::from_rule(text.substr(0, line));
    if (zone) check(*zone);
    if (line == std::string_view::npos) return 0;
    if (const auto cron = Cron::parse(text.substr(line + 1))) check(*cron, zone ? *zone : ZoneRules());
    return 0;
}
