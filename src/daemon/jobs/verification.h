// The work of a verify job: a medium looked at to a level, the result in the register, damage alerted.
//
// Threads: the job's. sample and full want the secrets of all labels that the medium holds snapshots of and that have keys here:
// without them what can be done without (structure) is done, then the job waits for a key (JobState::waiting_for_key, an alert
// for each label), holding nothing, and goes on when the secrets are there; the stop flag ends it. Every damaged object is a
// warning of the job, with the snapshots and paths that it affects, and the end's error is corrupt. The alert about damage is
// resolved by a run that looks at least as closely as the one that found it; a sample proves nothing about what another sample
// found.
#pragma once

#include "catalog/media.h"
#include "daemon/jobs/job_context.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

[[nodiscard]] catalog::JobEnd verify_medium(const JobContext& context, const std::string& medium, const VerifyConfig& how);

// Which media are due for verification at which level: the strictest that the plans on it ask for. Pure.
struct VerificationDue {
    std::string medium;
    VerifyConfig how;
};
[[nodiscard]] std::vector<VerificationDue> verifications_due(const Config& config,
                                                             const std::vector<catalog::RegisteredMedium>& media,
                                                             const std::vector<catalog::Verification>& last, Time now);

}  // namespace custody
