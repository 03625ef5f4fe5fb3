// The work of a verify job: a medium looked at to a level, the result in the register, damage alerted.
//
// Threads: the job's. sample and full want the labels' secrets: without them the job waits for a key (JobState::waiting_for_key,
// alert), what can be done without (structure) is done, and the job ends when the secret is there or the stop flag says so.
#pragma once

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
