#include "cli/restored_scan.h"

#include "base/text.h"
#include "cli/service_client.h"

#include <unistd.h>

#include <algorithm>

namespace custody {
namespace {

// Root's lies with the service's state; others keep theirs to themselves.
std::string quarantine_folder(const Settings& settings) {
    if (::geteuid() == 0) return settings.state_folder + "/quarantine";
    if (const std::string data = environment("XDG_DATA_HOME"); !data.empty()) return join_path(data, "custody/quarantine");
    return join_path(environment("HOME"), ".local/share/custody/quarantine");
}

Json finding_json(const ScanFinding& finding) {
    return {{"path", printable(finding.path)},
            {"threat", printable(finding.threat)},
            {"quarantined", printable(finding.quarantined)},
            {"why_not", finding.why_not}};
}

// The service keeps the record and tells people. Without one, what stands on this terminal is all.
void tell_service(Context& context, const RestoredScan& scan, const std::string& snapshot) {
    const auto told =
        service_of(context).post("/v1/scan-findings", {{"snapshot", snapshot}, {"scan", json_of(scan)}}, &context.stop());
    if (told.ok()) return;
    context.progress().warn(say("the service was not told of what the scan found: {}", told.error().message));
}

}  // namespace

std::vector<std::string> places_to_scan(const RestoredPlaces& restored) {
    std::vector<std::string> places;
    for (const std::string& path : restored.paths) {
        std::string rest = path;
        if (!restored.strip_prefix.empty()) {
            if (!lies_in(path, restored.strip_prefix)) return {restored.target};
            rest = path.substr(restored.strip_prefix == "/" ? 0 : restored.strip_prefix.size());
        }
        while (rest.starts_with('/')) rest.erase(0, 1);
        if (rest.empty()) return {restored.target};
        places.push_back(join_path(restored.target, rest));
    }
    return places;
}

Result<RestoredScan> scan_restored(Context& context, const RestoredPlaces& restored, const std::string& snapshot) {
    RestoredScan whole;
    const ScanConfig& scan = context.settings().scan;
    if (scan.command.empty()) return whole;
    const ScanOptions options{scan.command, scan.limit_ns, quarantine_folder(context.settings())};
    for (const std::string& place : places_to_scan(restored)) {
        if (!context.files().info(place).ok()) continue;  // not everything that was named came back
        TRY_ASSIGN(ScanResult result, scan_path(options, place, context.clock(), context.stop()));
        whole.verdict = std::max(whole.verdict, result.verdict);
        whole.findings.insert(whole.findings.end(), result.findings.begin(), result.findings.end());
        if (!result.words.empty()) whole.words.push_back(std::move(result.words));
    }
    if (!whole.is_clean()) tell_service(context, whole, snapshot);
    return whole;
}

Json json_of(const RestoredScan& scan) {
    constexpr const char* kWords[] = {"not_set", "clean", "found", "not_scanned"};
    Json findings = Json::array();
    for (const ScanFinding& finding : scan.findings) findings.push_back(finding_json(finding));
    return {{"verdict", kWords[static_cast<std::size_t>(scan.verdict)]}, {"findings", findings}, {"words", scan.words}};
}

}  // namespace custody
