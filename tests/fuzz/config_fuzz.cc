// The configuration, law files and the small languages of values: whatever bytes come, reading ends, every fault has its line,
// and what was accepted is what it claims.
#include "daemon/config/judge.h"
#include "daemon/config/law_embedded.h"
#include "daemon/config/reader.h"
#include "daemon/config/values.h"
#include "tests/fuzz/seeds.h"

#include <cstdlib>

namespace {

using namespace custody;

void read_values(std::string_view text) {
    if (const auto rule = parse_retention(text)) {
        const auto again = parse_retention(describe(*rule));
        if (rule->empty() || !again || *again != *rule) std::abort();
    }
    if (const auto window = parse_window(text)) {
        const auto again = parse_window(describe(*window));
        if (!again || *again != *window) std::abort();
    }
    (void)parse_size(text);
    (void)check_exception(text);
    (void)check_conninfo(text);
    (void)parse_law_span(text);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (!fuzz::wants_seeds()) return 0;
    for (const EmbeddedLaw& law : embedded_law()) fuzz::write_seed("law-" + std::string(law.file.substr(4)), as_bytes(law.text));
    fuzz::write_seed(
        "plan", as_bytes("[[medium]]\nname='a'\nvault='/a'\n[[plan]]\nname='x'\nlabel='log'\nschedule='@daily'\nsource={files=['/"
                         "x'],before=['/b']}\nnot_between=['mon-fri 07:00-08:00']\nretention='within 9d'\n"));
    fuzz::write_seed(
        "alert", as_bytes("[alert]\nsmtp={server='smtps://m',from='a@b',to=['c@d']}\nsyslog='tls://h'\n[law]\napply=['DS']\n"));
    fuzz::write_seed("conninfo", as_bytes("host='a\\'b' dbname = x service=y"));
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const ConfigReading reading = read_config("c.toml", text);
    for (const ConfigFault& fault : reading.faults) {
        if (!fault.at.in_file() || fault.words.empty() || fault.line("c").find('\n') != std::string::npos) std::abort();
    }
    if (reading.sound()) {
        for (const PlanConfig& plan : reading.config.plans) {
            if (plan.name.empty() || reading.config.find_label(plan.label) == nullptr) std::abort();
            for (const std::string& medium : plan.media) {
                if (reading.config.find_medium(medium) == nullptr) std::abort();
            }
        }
        (void)judge(reading.config, LawBook::built_in(), ZoneRules());
    }
    LawBook book;
    ConfigFaults faults;
    const bool added = book.add("law", text, faults);
    if (added != faults.empty()) std::abort();
    if (size < 256) read_values(text);
    return 0;
}
