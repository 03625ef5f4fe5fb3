#include "daemon/jobs/verification.h"

#include "base/counts.h"
#include "base/text.h"
#include "catalog/overview.h"
#include "daemon/jobs/job_end.h"
#include "daemon/jobs/medium_vault.h"
#include "daemon/jobs/own_folders.h"
#include "daemon/jobs/run_alerts.h"
#include "restore/verifier.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

namespace custody {
namespace {

using catalog::JobState;

constexpr std::chrono::milliseconds kSliceStep{100};
constexpr int kStepsBetweenLooks = 20;          // for a key: every two seconds
constexpr std::size_t kMostAffectedNamed = 20;  // of one damaged object
constexpr OpenOptions kDespiteDamage{.tolerate_damage = true, .elsewhere = std::nullopt};

VerifyLevel level_of(ProofLevel level) {
    switch (level) {
        case ProofLevel::structure:
            return VerifyLevel::structure;
        case ProofLevel::sample:
            return VerifyLevel::sample;
        case ProofLevel::full:
            return VerifyLevel::full;
    }
    return VerifyLevel::structure;
}

// Whether a clean run at `level` says that damage found at `found_at` is gone.
bool disproves(ProofLevel level, std::string_view found_at) {
    if (level == ProofLevel::full) return true;
    return found_at == word_of(ProofLevel::structure) || found_at == "keyless";
}

std::string affected_line(const VerifyResult::Affected& affected) {
    const std::string snapshot = affected.snapshot.substr(0, 12);
    return affected.path.empty() ? say("damage affects snapshot {}", snapshot)
                                 : say("damage affects snapshot {}: {}", snapshot, printable(affected.path));
}

class MediumVerification {
public:
    MediumVerification(const JobContext& context, const MediumConfig& medium, const VerifyConfig& how)
        : context_(context), medium_(medium), how_(how) {}

    catalog::JobEnd run() {
        const Status verified = verify_as_asked();
        if (!verified.ok()) {
            tell_medium_error(context_, medium_.name, verified.error());
            return failed_end(context_.job, verified.error());
        }
        catalog::JobEnd end;
        end.counts.bytes_read = bytes_read_;
        end.read_back = catalog::ReadBackResult{objects_, bytes_read_, damaged_};
        if (error_) {
            end.state = error_->code == Code::corrupt ? JobState::failed : JobState::done_with_failures;
            end.error = error_;
        }
        return end;
    }

private:
    Status verify_as_asked() {
        TRY_ASSIGN(registered_, catalog::Media(context_.catalog).find(medium_.name));
        if (how_.level == ProofLevel::structure) return pass(ProofLevel::structure, nullptr);
        TRY_ASSIGN(const std::vector<std::string> labels, labels_there());
        if (labels.empty()) return pass(how_.level, nullptr);  // nothing that a secret would open
        TRY_ASSIGN(LabelKeys keys, look_for_keys(labels));
        if (!keys.keys) {
            TRY(pass(ProofLevel::structure, nullptr));
            TRY_ASSIGN(keys, wait_for_keys(labels));
        }
        return pass(how_.level, &*keys.keys);
    }

    // ---- keys

    // Those with live snapshots and keys here; of others nothing can be opened, and the verifier says so.
    Result<std::vector<std::string>> labels_there() {
        auto vault = MediumVault::open(context_, medium_, kDespiteDamage);
        if (!vault.ok() && vault.error().code == Code::corrupt) return std::vector<std::string>();  // pass() tells
        if (!vault.ok()) return std::move(vault).error();
        Repository& repository = vault->repository();
        std::set<std::string> names;
        for (const auto& [id, live] : repository.state().snapshots) {
            TRY(context_.stop().check());
            std::optional<LabelId> label = live.label;
            if (!label) {  // entered by an early version: only the record says it
                const auto snapshot = repository.read_snapshot(id);
                if (snapshot.ok()) label = snapshot->clear.label;
            }
            if (!label || repository.state().destroyed_labels.contains(*label)) continue;
            if (const auto keys = vault->keyring().writer_keys(*label)) names.insert(keys->name);
        }
        return std::vector<std::string>(names.begin(), names.end());
    }

    // The keyring as it is now: labels are added, and keys rotated, while a job waits.
    Result<LabelKeys> look_for_keys(const std::vector<std::string>& labels) {
        TRY_ASSIGN(const Keyring keyring, Keyring::open(context_.files, context_.clock, keyring_folder(*context_.config)));
        return context_.secrets.keys_for(keyring, labels);
    }

    Status tell_waiting(const std::vector<std::string>& labels) {
        TRY_ASSIGN(const Keyring keyring, Keyring::open(context_.files, context_.clock, keyring_folder(*context_.config)));
        for (const std::string& label : labels) {
            TRY_ASSIGN(const LabelKeys keys, context_.secrets.keys_for(keyring, {label}));
            if (keys.keys) continue;
            AlertEvent event = event_of(context_, AlertKind::waiting_for_key, "", medium_.name, keys.waiting);
            event.label = label;
            context_.alerts.raise(std::move(event));
        }
        return done();
    }

    void end_waiting(const std::vector<std::string>& labels) {
        for (const std::string& label : labels) context_.alerts.resolve(AlertKind::waiting_for_key, label);
    }

    // Holds neither medium nor keyring meanwhile: a disk may be taken away, and a key be rotated.
    Result<LabelKeys> wait_for_keys(const std::vector<std::string>& labels) {
        catalog::Jobs jobs(context_.catalog);
        TRY(jobs.wait_for_key(context_.job.id()));
        TRY(tell_waiting(labels));
        for (int steps = 1;; ++steps) {
            if (context_.stop().requested()) {
                if (context_.job.stop_reason() == StopReason::cancelled) end_waiting(labels);
                return context_.stop().check().error();
            }
            std::this_thread::sleep_for(kSliceStep);
            if (steps % kStepsBetweenLooks != 0) continue;
            TRY_ASSIGN(LabelKeys keys, look_for_keys(labels));
            if (!keys.keys) continue;
            end_waiting(labels);
            TRY(jobs.start(context_.job.id()));
            return keys;
        }
    }

    // ---- one look at the medium

    Status pass(ProofLevel level, const UnlockedKeyring* unlocked) {
        TRY(context_.job.begin_phase("verify " + std::string(word_of(level))));
        const Time begun = context_.clock.now();
        VerifyOptions options;
        options.level = level_of(level);
        // Without secrets the most that can be proven is that every object has the bytes that it is named after.
        if (level != ProofLevel::structure && unlocked == nullptr) options.level = VerifyLevel::keyless;
        options.sample_percent = how_.sample_percent;
        options.unlocked = unlocked;
        TRY_ASSIGN(const VerifyResult result, look(options));
        TRY(enter(level, begun, result));
        tell(level, result);
        return done();
    }

    Result<VerifyResult> look(const VerifyOptions& options) {
        auto vault = MediumVault::open(context_, medium_, kDespiteDamage);
        if (vault.ok()) {
            objects_all_ = vault->repository().state().objects.size();
            TRY(catalog::Jobs(context_.catalog).use_medium(context_.job.id(), vault->key(), vault->repository().header().vault));
            return verify(vault->repository(), options, context_.progress(), context_.stop());
        }
        if (vault.error().code != Code::corrupt) return std::move(vault).error();
        // Too damaged to be opened: as far as it can be told.
        const MediumHold hold = context_.media.hold(medium_.name);
        TRY_ASSIGN(Keyring keyring, Keyring::open(context_.files, context_.clock, keyring_folder(*context_.config)));
        return verify_location(context_.files, medium_.vault, &keyring, options, context_.progress(), context_.stop());
    }

    Status enter(ProofLevel level, Time begun, const VerifyResult& result) {
        catalog::Verification verification;
        verification.medium = registered_.key;
        verification.job = context_.job.id();
        verification.level = std::string(word_of(level));
        verification.begun_at = begun;
        verification.ended_at = context_.clock.now();
        verification.objects_all = std::max<std::uint64_t>(objects_all_, result.objects);
        verification.objects_checked = result.objects;
        verification.bytes_read = result.bytes_read;
        verification.damaged = result.damaged.size();
        TRY_ASSIGN(last_before_, catalog::Overview(context_.catalog).verifications());
        return catalog::Media(context_.catalog).enter_verification(verification);
    }

    void warn_of(const VerifyResult& result) {
        for (const VerifyResult::Damage& damage : result.damaged) {
            context_.job.warn(say("DAMAGED {}: {}", printable(damage.object), printable(damage.problem)));
            std::size_t named = 0;
            for (const VerifyResult::Affected& affected : damage.affects) {
                if (named++ == kMostAffectedNamed) {
                    context_.job.warn(say("and {} more; 'custody verify --json' names all", damage.affects.size() - named + 1));
                    break;
                }
                context_.job.warn(affected_line(affected));
            }
        }
        for (const VerifyResult::Unopened& one : result.unopened)
            context_.job.warn(say("NOT READ {}: {}", printable(one.object), printable(one.why)));
        for (const VerifyResult::Affected& one : result.locked)
            context_.job.warn(
                say("not checked, for its key is not here: snapshot {}: {}", one.snapshot.substr(0, 12), printable(one.path)));
    }

    void tell(ProofLevel level, const VerifyResult& result) {
        warn_of(result);
        objects_ += result.objects;
        bytes_read_ += result.bytes_read;
        damaged_ += result.damaged.size();
        if (!result.damaged.empty()) {
            raise_damage(result);
            return;
        }
        if (!result.ok()) set_error(incomplete(result));
        const bool all_gone = std::all_of(last_before_.begin(), last_before_.end(), [&](const catalog::Verification& each) {
            return each.medium != registered_.key || each.damaged == 0 || disproves(level, each.level) || is_superseded(each);
        });
        if (all_gone && result.ok()) context_.alerts.resolve(AlertKind::verify_damage, medium_.name);
        context_.alerts.resolve(AlertKind::medium_failed, medium_.name);
    }

    // A later full run was clean: what this one found is gone.
    [[nodiscard]] bool is_superseded(const catalog::Verification& damaged) const {
        return std::any_of(last_before_.begin(), last_before_.end(), [&](const catalog::Verification& each) {
            const bool is_later = each.job.value_or(0) > damaged.job.value_or(0) || each.ended_at > damaged.ended_at;
            return each.medium == damaged.medium && each.level == word_of(ProofLevel::full) && each.damaged == 0 && is_later;
        });
    }

    void raise_damage(const VerifyResult& result) {
        const VerifyResult::Damage& first = result.damaged.front();
        const std::string text = say_count(result.damaged.size(), "{0} object is damaged on the medium {1}: {2}: {3}",
                                           "{0} objects are damaged on the medium {1}; the first: {2}: {3}",
                                           printable(medium_.name), printable(first.object), printable(first.problem));
        AlertEvent event = event_of(context_, AlertKind::verify_damage, "", medium_.name, text);
        if (!first.affects.empty()) event.snapshot = first.affects.front().snapshot.substr(0, 12);
        context_.alerts.raise(std::move(event));
        set_error({Code::corrupt, text});
    }

    [[nodiscard]] Error incomplete(const VerifyResult& result) const {
        if (!result.unopened.empty()) {
            return {Code::denied, say_count(result.unopened.size(),
                                            "{0} object on the medium {1} cannot be read by this user: whether it is damaged is "
                                            "not known",
                                            "{0} objects on the medium {1} cannot be read by this user: whether they are damaged "
                                            "is not known",
                                            printable(medium_.name))};
        }
        return {Code::wrong_key,
                say_count(result.locked_packs, "{0} pack on the medium {1} cannot be checked, for its key is not here",
                          "{0} packs on the medium {1} cannot be checked, for their keys are not here", printable(medium_.name))};
    }

    // Damage counts before what could not be looked at.
    void set_error(Error error) {
        if (!error_ || (error_->code != Code::corrupt && error.code == Code::corrupt)) error_ = std::move(error);
    }

    const JobContext& context_;
    const MediumConfig& medium_;
    const VerifyConfig& how_;
    catalog::RegisteredMedium registered_;
    std::vector<catalog::Verification> last_before_;  // of every medium and level, before this run
    std::uint64_t objects_all_ = 0, objects_ = 0, bytes_read_ = 0, damaged_ = 0;
    std::optional<Error> error_;
};

}  // namespace

catalog::JobEnd verify_medium(const JobContext& context, const std::string& medium, const VerifyConfig& how) {
    const MediumConfig* const found = context.config->find_medium(medium);
    if (found == nullptr) {
        return failed_end(context.job, {Code::not_found, say("the configuration has no medium {}", printable(medium))});
    }
    return MediumVerification(context, *found, how).run();
}

}  // namespace custody
