// When a medium is due for verification, and how closely.
#include "daemon/jobs/verification.h"

#include <algorithm>
#include <array>

namespace custody {
namespace {

constexpr std::array<ProofLevel, 3> kStrictestFirst = {ProofLevel::full, ProofLevel::sample, ProofLevel::structure};

// What the plans on a medium ask for at one level: the shortest interval, the largest sample. Nothing: none asks.
std::optional<VerifyConfig> asked_for(const Config& config, const std::string& medium, ProofLevel level) {
    std::optional<VerifyConfig> asked;
    for (const PlanConfig& plan : config.plans) {
        const bool is_on_it = std::find(plan.media.begin(), plan.media.end(), medium) != plan.media.end();
        if (!is_on_it || plan.verify.level != level || plan.verify.every_ns <= 0) continue;
        if (!asked) {
            asked = plan.verify;
        } else {
            asked->every_ns = std::min(asked->every_ns, plan.verify.every_ns);
            asked->sample_percent = std::max(asked->sample_percent, plan.verify.sample_percent);
        }
    }
    return asked;
}

int rank_of(std::string_view level) {
    for (std::size_t i = 0; i < kStrictestFirst.size(); ++i) {
        if (word_of(kStrictestFirst[i]) == level) return static_cast<int>(kStrictestFirst.size() - i);
    }
    return 0;  // keyless
}

// A verification that lies in the future counts for nothing: the clock was set back since.
bool was_done(const std::vector<catalog::Verification>& last, catalog::MediumKey medium, const VerifyConfig& how, Time now) {
    return std::any_of(last.begin(), last.end(), [&](const catalog::Verification& each) {
        const bool covers = each.medium == medium && rank_of(each.level) >= rank_of(word_of(how.level));
        return covers && each.ended_at <= now && now.ns - each.ended_at.ns < how.every_ns;
    });
}

}  // namespace

std::vector<VerificationDue> verifications_due(const Config& config, const std::vector<catalog::RegisteredMedium>& media,
                                               const std::vector<catalog::Verification>& last, Time now) {
    std::vector<VerificationDue> due;
    for (const MediumConfig& medium : config.media) {
        const auto found =
            std::find_if(media.begin(), media.end(), [&](const auto& each) { return each.entry.name == medium.name; });
        if (found == media.end() || found->entry.state == catalog::MediumState::erased) continue;
        for (const ProofLevel level : kStrictestFirst) {
            const auto asked = asked_for(config, medium.name, level);
            if (!asked || was_done(last, found->key, *asked, now)) continue;
            due.push_back({medium.name, *asked});
            break;  // it covers the others
        }
    }
    return due;
}

}  // namespace custody
