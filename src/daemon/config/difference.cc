#include "daemon/config/difference.h"

#include "base/text.h"

#include <algorithm>

#include <fmt/ranges.h>

namespace custody {
namespace {

std::vector<std::string> changed_keys(const PlanConfig& a, const PlanConfig& b) {
    std::vector<std::string> keys;
    const auto look = [&](bool same, const char* key) {
        if (!same) keys.emplace_back(key);
    };
    look(a.label == b.label, "label");
    look(a.source == b.source, "source");
    look(a.schedule == b.schedule, "schedule");
    look(a.on_change == b.on_change, "on_change");
    look(a.settle_ns == b.settle_ns, "settle");
    look(a.media == b.media, "media");
    look(a.retention == b.retention, "retention");
    look(a.not_between == b.not_between, "not_between");
    look(a.limits.nice == b.limits.nice, "nice");
    look(a.limits.io_class == b.limits.io_class && a.limits.io_level == b.limits.io_level, "ioprio");
    look(a.limits.bandwidth_bytes == b.limits.bandwidth_bytes, "bandwidth");
    look(a.retry == b.retry, "retry");
    look(a.time_limit_ns == b.time_limit_ns, "time_limit");
    look(a.verify == b.verify, "verify");
    look(a.drill == b.drill, "drill");
    look(a.exception == b.exception, "exception");
    return keys;
}

std::vector<std::string> changed_keys(const MediumConfig& a, const MediumConfig& b) {
    std::vector<std::string> keys;
    const auto look = [&](bool same, const char* key) {
        if (!same) keys.emplace_back(key);
    };
    look(a.vault == b.vault, "vault");
    look(a.mount_point == b.mount_point, "mount");
    look(a.place == b.place, "place");
    look(a.custodian == b.custodian, "custodian");
    look(a.removable == b.removable, "removable");
    look(a.uuid == b.uuid, "uuid");
    look(a.rotation == b.rotation, "rotation");
    look(a.owed_after_ns == b.owed_after_ns, "owed_after");
    look(a.exception == b.exception, "exception");
    return keys;
}

std::vector<std::string> changed_keys(const LabelConfig& a, const LabelConfig& b) {
    std::vector<std::string> keys;
    const auto look = [&](bool same, const char* key) {
        if (!same) keys.emplace_back(key);
    };
    look(a.importance == b.importance, "importance");
    look(a.retention == b.retention, "retention");
    look(a.drill_every_ns == b.drill_every_ns, "drill_every");
    look(a.exception == b.exception, "exception");
    return keys;
}

template <class Named>
const Named* find_in(const std::vector<Named>& all, const std::string& name) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Named& each) { return each.name == name; });
    return found == all.end() ? nullptr : &*found;
}

template <class Named>
Changes compare(const std::vector<Named>& before, const std::vector<Named>& after) {
    Changes changes;
    for (const Named& was : before) {
        const Named* is = find_in(after, was.name);
        if (is == nullptr) {
            changes.removed.push_back(was.name);
        } else if (std::vector<std::string> keys = changed_keys(was, *is); !keys.empty()) {
            changes.changed.push_back({was.name, std::move(keys)});
        }
    }
    for (const Named& is : after) {
        if (find_in(before, is.name) == nullptr) changes.added.push_back(is.name);
    }
    return changes;
}

}  // namespace

bool ConfigDifference::empty() const { return plans.empty() && media.empty() && labels.empty() && sections.empty(); }

ConfigDifference difference(const Config& before, const Config& after) {
    ConfigDifference found;
    found.plans = compare(before.plans, after.plans);
    found.media = compare(before.media, after.media);
    found.labels = compare(before.labels, after.labels);
    const auto look = [](bool same, const char* name, std::vector<std::string>& into) {
        if (!same) into.emplace_back(name);
    };
    look(before.language == after.language, "language", found.sections);
    look(before.organisation == after.organisation, "organisation", found.sections);
    look(before.law == after.law, "law", found.sections);
    look(before.keys == after.keys, "keys", found.sections);
    look(before.scan == after.scan, "scan", found.sections);
    look(before.alert == after.alert, "alert", found.sections);
    look(before.service == after.service, "service", found.sections);
    look(before.metrics == after.metrics, "metrics", found.sections);
    look(before.journal == after.journal, "journal", found.sections);
    look(before.keys.keyring == after.keys.keyring, "[keys] keyring", found.need_restart);
    look(before.keys.role == after.keys.role, "[keys] role", found.need_restart);
    look(before.keys.credential == after.keys.credential, "[keys] credential", found.need_restart);
    look(before.service.state_folder == after.service.state_folder, "[service] state_folder", found.need_restart);
    look(before.service.cache_folder == after.service.cache_folder, "[service] cache_folder", found.need_restart);
    look(before.service.socket == after.service.socket, "[service] socket", found.need_restart);
    look(before.metrics.port == after.metrics.port, "[metrics] port", found.need_restart);
    return found;
}

std::vector<std::string> describe(const ConfigDifference& difference) {
    std::vector<std::string> lines;
    const auto tell = [&](const Changes& changes, std::string_view added, std::string_view removed, std::string_view changed) {
        for (const std::string& name : changes.added) lines.push_back(fmt::format(fmt::runtime(added), printable(name)));
        for (const std::string& name : changes.removed) lines.push_back(fmt::format(fmt::runtime(removed), printable(name)));
        for (const Changed& each : changes.changed) {
            lines.push_back(fmt::format(fmt::runtime(changed), printable(each.name), printable_list(each.keys)));
        }
    };
    tell(difference.plans, translate("plan {} added"), translate("plan {} removed; what it backed up is kept"),
         translate("plan {} changed: {}"));
    tell(difference.media, translate("medium {} added"), translate("medium {} removed; its vault is left as it is"),
         translate("medium {} changed: {}"));
    tell(difference.labels, translate("label {} added"), translate("label {} removed; its snapshots and keys are kept"),
         translate("label {} changed: {}"));
    if (!difference.sections.empty()) lines.push_back(say("changed: {}", printable_list(difference.sections)));
    if (!difference.need_restart.empty()) {
        lines.push_back(say("{} takes effect when the service is started again", printable_list(difference.need_restart)));
    }
    return lines;
}

}  // namespace custody
