#include "daemon/jobs/plan_retention.h"

#include "base/text.h"
#include "catalog/settings.h"
#include "daemon/jobs/catalog_sync.h"
#include "daemon/jobs/former_hosts.h"
#include "daemon/jobs/medium_turn.h"
#include "daemon/jobs/run_alerts.h"
#include "vault/collector.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace custody {
namespace {

constexpr std::int64_t kLeastKept = kDay;
constexpr std::int64_t kBetweenPrunes = kDay;
constexpr std::uint64_t kLeastFreePart = 10;  // a tenth
constexpr int kMostTries = 3;                 // where somebody else ends or holds snapshots at the same moment

std::string prune_setting(const char* what, catalog::MediumKey medium) { return fmt::format("{}/{}", what, medium); }

class Retention {
public:
    Retention(const JobContext& context, MediumVault& vault, const PlanConfig& plan)
        : context_(context), vault_(vault), plan_(plan), settings_(context.catalog) {}

    Result<Retained> run() {
        RetentionRule rule = context_.config->retention_of(plan_);
        if (rule.empty()) return retained_;
        // What was changed this morning may be asked for tonight: "daily" alone would leave the newest state of the day at once.
        rule.within_ns = std::max(rule.within_ns.value_or(0), kLeastKept);
        TRY_ASSIGN(const MediumTurn turn,
                   MediumTurn::wait_for(context_.files, context_.config->service.state_folder, vault_.key(), context_.stop()));
        TRY(vault_.repository().ledger().refresh());
        if (!clock_may_end_snapshots()) return retained_;
        TRY(find_predecessors());
        TRY(forget(rule));
        TRY_ASSIGN(const bool is_due, prune_is_due());
        if (is_due) TRY(prune_medium());
        return retained_;
    }

private:
    bool clock_may_end_snapshots() {
        const ClockState clock = vault_.repository().clock_state();
        if (!clock.behind_floor && !clock.far_ahead) {
            context_.alerts.resolve(AlertKind::clock_jump, "");
            return true;
        }
        const std::string now = to_rfc3339_local(clock.now), floor = to_rfc3339_local(clock.floor);
        const std::string medium = printable(vault_.medium().name);
        tell_clock(clock.behind_floor
                       ? say("the clock says {}, and the medium {} has seen {}: no snapshot is ended before it is set", now,
                             medium, floor)
                       : say("the clock says {}, more than 40 days after the last entry on the medium {} ({}): no "
                             "snapshot is ended before a person said that it is right, with 'custody forget "
                             "--clock-is-right'",
                             now, medium, floor));
        return false;
    }

    void tell_clock(const std::string& words) const {
        context_.job.warn(words);
        context_.alerts.raise(event_of(context_, AlertKind::clock_jump, "", "", words));
    }

    // A machine that was recovered under another name goes on with the plans of the old one, and so with their snapshots.
    Status find_predecessors() {
        TRY(remember_host(context_.catalog, vault_.keyring().host_name()));
        TRY_ASSIGN(Predecessors found, predecessors(context_.catalog, vault_.repository()));
        former_hosts_ = std::move(found.hosts);
        for (const std::string& host : found.alive) {
            context_.job.warn(
                say("the medium {0} has snapshots of {1} that are younger than the day on which this machine took over from "
                    "it: {1} lives, and no rule here ends its snapshots; where it does not, end them with 'custody forget "
                    "--host {1}'",
                    printable(vault_.medium().name), printable(host)));
        }
        return done();
    }

    Result<ForgetResult> try_to_forget(const RetentionRule& rule) {
        ForgetOptions options;
        options.rule = rule;
        options.label = plan_.label;
        options.name = plan_.name;
        options.host = vault_.keyring().host_name();
        options.former_hosts = former_hosts_;
        for (int tries = 1;; ++tries) {
            auto ended = forget_snapshots(vault_.repository(), options);
            if (ended.ok() || ended.error().code != Code::busy || tries == kMostTries) return ended;
        }
    }

    Status forget(const RetentionRule& rule) {
        TRY_ASSIGN(const ForgetResult ended, try_to_forget(rule));
        retained_.forgotten = ended.forgotten.size();
        if (ended.forgotten.empty()) return done();
        // The reason first: enter_ledger knows only that they were forgotten.
        const auto end = [&](sqlite::Database&) -> Status {
            for (const ForgetResult::Line& line : ended.forgotten)
                TRY(catalog::Snapshots(context_.catalog).end(line.snapshot, "retention"));
            return settings_.set(prune_setting("prune-wanted", vault_.key()), "1");
        };
        TRY(context_.catalog.write(end));
        TRY(enter_ledger(context_.catalog, vault_));
        return done();
    }

    Result<bool> prune_is_due() {
        TRY_ASSIGN(const auto wanted, settings_.get(prune_setting("prune-wanted", vault_.key())));
        if (!wanted) return false;
        TRY_ASSIGN(const auto last, settings_.get(prune_setting("last-prune", vault_.key())));
        if (!last || is_full()) return true;
        std::int64_t ns = 0;
        const auto [end, error] = std::from_chars(last->data(), last->data() + last->size(), ns);
        const std::int64_t now = context_.clock.now().ns;
        return error != std::errc() || ns > now || now - ns >= kBetweenPrunes;  // a clock that was set back keeps nothing waiting
    }

    bool is_full() {
        for (const MediumSight& sight : context_.media.sights()) {
            if (sight.name != vault_.medium().name || !sight.free_bytes || !sight.size_bytes) continue;
            return *sight.free_bytes < *sight.size_bytes / kLeastFreePart;
        }
        return false;
    }

    Status prune_medium() {
        auto pruned = prune(vault_.repository(), PruneOptions(), context_.progress(), context_.stop());
        if (!pruned.ok() && pruned.error().code == Code::busy) {
            context_.job.warn(
                say("nothing was freed on the medium {} yet: {}", printable(vault_.medium().name), pruned.error().message));
            return done();
        }
        TRY(pruned);
        for (const std::string& line : pruned->warnings) context_.job.warn(line);
        retained_.pruned = true;
        retained_.bytes_freed = pruned->bytes_freed;
        TRY(enter_ledger(context_.catalog, vault_));  // a prune ends what is left of destroyed labels
        const auto remember = [&](sqlite::Database&) -> Status {
            // What waits for a writer that began before is freed by the next one.
            if (pruned->packs_waiting == 0) TRY(settings_.remove(prune_setting("prune-wanted", vault_.key())));
            return settings_.set(prune_setting("last-prune", vault_.key()), std::to_string(context_.clock.now().ns));
        };
        TRY(context_.catalog.write(remember));
        return done();
    }

    const JobContext& context_;
    MediumVault& vault_;
    const PlanConfig& plan_;
    catalog::Settings settings_;
    std::vector<std::string> former_hosts_;
    Retained retained_;
};

}  // namespace

Result<Retained> apply_plan_retention(const JobContext& context, MediumVault& vault, const PlanConfig& plan) {
    return Retention(context, vault, plan).run();
}

}  // namespace custody
