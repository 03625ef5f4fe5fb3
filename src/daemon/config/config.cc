#include "daemon/config/config.h"

#include <algorithm>
#include <array>

namespace custody {
namespace {

template <class Named>
const Named* find_named(const std::vector<Named>& all, std::string_view name) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Named& each) { return each.name == name; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace

const MediumConfig* Config::find_medium(std::string_view name) const { return find_named(media, name); }
const LabelConfig* Config::find_label(std::string_view name) const { return find_named(labels, name); }
const PlanConfig* Config::find_plan(std::string_view name) const { return find_named(plans, name); }

const RetentionRule& Config::retention_of(const PlanConfig& plan) const {
    static const RetentionRule none;  // of a configuration that was put together by hand; keeps everything
    if (plan.retention) return *plan.retention;
    const LabelConfig* label = find_label(plan.label);
    return label == nullptr ? none : label->retention;
}

bool Config::is_important(const PlanConfig& plan) const {
    const LabelConfig* label = find_label(plan.label);
    return label == nullptr || label->importance == Importance::important;
}

std::string_view kind_of(const SourceConfig& source) {
    constexpr std::array<std::string_view, 6> kNames = {"files", "image", "postgresql", "mariadb", "sqlite", "command"};
    static_assert(kNames.size() == std::variant_size_v<SourceConfig>);
    return kNames[source.index()];
}

std::string_view word_of(Importance importance) { return importance == Importance::important ? "important" : "ordinary"; }

std::string_view word_of(ProofLevel level) {
    constexpr std::array<std::string_view, 3> kNames = {"structure", "sample", "full"};
    return kNames[static_cast<std::size_t>(level)];
}

}  // namespace custody
