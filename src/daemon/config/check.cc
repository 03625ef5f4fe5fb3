#include "daemon/config/check.h"

#include "base/counts.h"
#include "base/text.h"
#include "daemon/config/load.h"
#include "daemon/config/values.h"

#include <fmt/ranges.h>

namespace custody {
namespace {

constexpr int kSound = 0, kUsage = 2;

std::string asked_as(const std::string& place, const std::string& user) {
    return user.empty() ? printable(place) : say("{} (as the user {})", printable(place), printable(user));
}

std::string what_of(const SourceConfig& source) {
    struct Words {
        std::string operator()(const FilesSource& files) const { return printable_list(files.paths); }
        std::string operator()(const ImageSource& image) const { return printable(image.path); }
        std::string operator()(const PostgresqlSource& source) const { return asked_as(source.conninfo, source.as_user); }
        std::string operator()(const MariadbSource& source) const { return asked_as(source.defaults_file, source.as_user); }
        std::string operator()(const SqliteSource& sqlite) const { return printable(sqlite.file); }
        std::string operator()(const CommandSource& command) const { return printable_list(command.arguments); }
    };
    return std::visit(Words{}, source);
}

std::string when_of(const PlanConfig& plan) {
    std::vector<std::string> parts;
    if (!plan.schedule.empty()) parts.push_back(plan.schedule);
    if (plan.on_change) parts.push_back(say("on change"));
    const auto* command = std::get_if<CommandSource>(&plan.source);
    if (command != nullptr && command->every_ns != 0) parts.push_back(say("every {}", describe_duration(command->every_ns)));
    return printable_list(parts);
}

}  // namespace

std::string describe(const Config& config, const PlanConfig& plan) {
    const std::string media = plan.media.empty() ? say("no medium yet") : printable_list(plan.media);
    return say("plan {}: {}, {} {}; {}; to {}; keeps {}", printable(plan.name), plan.label, kind_of(plan.source),
               what_of(plan.source), when_of(plan), media, describe(config.retention_of(plan)));
}

std::string describe(const RecordedException& exception) {
    return say("exception {}, {}: {} ({})", exception.duty, exception.about.shown(), exception.what.shown(),
               printable(exception.text));
}

CheckOutcome check_config(FileSystem& files, const std::string& path, const ZoneRules& zone,
                          const std::vector<std::string>& law_folders, const RotationPlaces* rotation) {
    CheckOutcome outcome;
    const auto loaded = load_config(files, path, zone, law_folders, rotation);
    if (!loaded.ok()) {
        outcome.exit = kUsage;
        outcome.err.push_back(loaded.error().message);
        return outcome;
    }
    if (!loaded->sound()) {
        outcome.exit = kUsage;
        outcome.err = loaded->faults;
        outcome.err.push_back(say_count(loaded->faults.size(), "{} fault in {}", "{} faults in {}", printable(path)));
        return outcome;
    }
    outcome.exit = kSound;
    for (const PlanConfig& plan : loaded->config.plans) outcome.out.push_back(describe(loaded->config, plan));
    for (const RecordedException& exception : loaded->config.exceptions) outcome.out.push_back(describe(exception));
    for (const std::string& note : loaded->notes) outcome.err.push_back(say("note: {}", note));
    return outcome;
}

}  // namespace custody
