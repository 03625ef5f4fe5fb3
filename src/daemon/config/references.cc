#include "daemon/config/references.h"

#include "base/nearest.h"
#include "base/text.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include <fmt/ranges.h>

namespace custody {
namespace {

template <class Named>
std::vector<std::string_view> names_of(const std::vector<Named>& all) {
    std::vector<std::string_view> names;
    for (const Named& each : all) {
        if (!each.name.empty()) names.push_back(each.name);
    }
    return names;
}

// "is 'disk-a' meant?", else all there are.
std::string advice_for(std::string_view name, const std::vector<std::string_view>& known) {
    const std::string_view near = nearest(name, known);
    if (!near.empty()) return say("is '{}' meant?", near);
    if (known.empty()) return say("there is none yet");
    return say("known are {}", fmt::format("{}", fmt::join(known, ", ")));
}

bool is_within(const std::string& path, const std::string& folder) {
    return path == folder || path.starts_with(folder == "/" ? folder : folder + "/");
}

// `say_twice`: the words for the second one, given its name and the line of the first.
template <class Named>
void check_unique(const std::vector<Named>& all, ConfigFaults& faults, std::string_view words) {
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (all[i].name.empty() || all[i].name != all[j].name) continue;
            faults.add(all[i].at.of("name"), fmt::format(fmt::runtime(words), printable(all[i].name), all[j].at.of("name").line));
            break;
        }
    }
}

void check_vaults(const Config& config, ConfigFaults& faults) {
    const std::vector<MediumConfig>& media = config.media;
    for (std::size_t i = 0; i < media.size(); ++i) {
        if (media[i].vault.empty()) continue;
        for (std::size_t j = 0; j < i; ++j) {
            if (media[j].vault.empty()) continue;
            if (media[i].vault == media[j].vault) {
                faults.add(media[i].at.of("vault"), say("media '{}' and '{}' have one vault, {}: that is one copy, not two",
                                                        printable(media[j].name), printable(media[i].name), media[i].vault));
            } else if (is_within(media[i].vault, media[j].vault) || is_within(media[j].vault, media[i].vault)) {
                faults.add(media[i].at.of("vault"),
                           say("the vaults {} and {} lie within each other; give each a folder of its own", media[j].vault,
                               media[i].vault));
            }
        }
        if (!config.keys.keyring.empty() && is_within(config.keys.keyring, media[i].vault)) {
            faults.add(config.keys.at.of("keyring"),
                       say("E2: the keyring {} lies in the vault of medium '{}'; keys are kept apart from the data",
                           config.keys.keyring, printable(media[i].name)));
        }
    }
}

void resolve_media(const Config& config, PlanConfig& plan, ConfigFaults& faults) {
    const std::vector<std::string_view> known = names_of(config.media);
    if (!plan.at.has("media")) {
        plan.media.assign(known.begin(), known.end());
        return;
    }
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < plan.media.size(); ++i) {
        const Position at = plan.at.of(fmt::format("media[{}]", i));
        plan.media[i] = to_nfc(plan.media[i]);
        const std::string& name = plan.media[i];
        if (config.find_medium(name) == nullptr) {
            faults.add(at, say("there is no medium '{}': {}", printable(name), advice_for(name, known)));
        } else if (!seen.insert(name).second) {
            faults.add(at, say("'{}' is there twice", printable(name)));
        }
    }
}

}  // namespace

void resolve_references(Config& config, ConfigFaults& faults) {
    faults.enter("medium");
    check_unique(config.media, faults, translate("there is a medium '{}' already, in line {}"));
    faults.enter("copies");  // of no one section; and no reason not to restore
    check_vaults(config, faults);
    faults.enter("plan");
    check_unique(config.plans, faults, translate("there is a plan '{}' already, in line {}"));
    const std::vector<std::string_view> labels = names_of(config.labels);
    for (PlanConfig& plan : config.plans) {
        if (!plan.label.empty() && config.find_label(plan.label) == nullptr) {
            faults.add(plan.at.of("label"),
                       say("there is no label '{}': {}", printable(plan.label), advice_for(plan.label, labels)));
        }
        resolve_media(config, plan, faults);
    }
}

}  // namespace custody
