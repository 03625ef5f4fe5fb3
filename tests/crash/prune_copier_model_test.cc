// The record of a forgotten snapshot that copies bring back beside prunes (docs/LOCKING.md, src/vault/replicator.cc), as an
// explicit-state model like that of prune_model_test.cc: every interleaving of two copiers, two prunes, forgets, kills and damage
// is visited, and each step of the protocol is shown to be needed.
//
// Why packs do not tell this: whatever a writer needs of a marked pack it stores under another name, so that prune never unlinks
// what a writer made. A snapshot's record has one name for ever. Who brings it back while it is marked must not enter it before
// the prune that may unlink it is over.
//
// What is modelled. One snapshot and its record: on disk or not, sound or not, named by the ledger or not, live or forgotten. It
// is forgotten as any is (the name stays in the ledger, prune takes it out) or as one whose record was damaged (the name goes at
// once, and what is on disk is an orphan). A prune takes away what is not live. Prune's own second look at its entry, and before
// orphans go, is modelled apart: the rest must hold without it, and it cannot hold without the rest.
//
// Assumptions. As in prune_model_test.cc. Bytes go bad while the snapshot is not live, and not between a copier's reading them
// back and its entry: that is a medium which loses what it took, and verification's to find.
//
// What is asserted in every state.
//   A  the record of the live snapshot is there and sound;
//   B  a record that the ledger names is there.
#include "tests/crash/state_search.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>

namespace custody::test {
namespace {

enum class Omit {
    nothing,
    copier_awaits_prune,
    session_before_marks,
    nameless_session_counts,
    marks_before_listing,
    waiting_for_older_sessions,
    ledger_after_listing,
    entry_before_unlink,
    record_is_read_back,
};

enum class At : std::uint8_t {
    start,
    session,
    marks,
    generation,
    read_ledger,
    await,
    store,
    publish,  // copiers
    plan,
    publish_marks,
    list,
    read_again,
    entry,
    unlink,
    clear_marks,  // prunes
    finished,
};

struct Copier {
    At at = At::start;
    std::uint8_t has_session = 0, has_generation = 0, generation = 0, marked = 0;
    bool operator==(const Copier&) const = default;
};
struct Prune {
    At at = At::start;
    std::uint8_t generation = 0, marks = 0;
    bool operator==(const Prune&) const = default;
};
struct State {
    std::uint8_t on_disk = 1, sound = 1, named = 1, live = 1;
    std::uint8_t marked = 0, generation = 0;
    std::uint8_t forgets_left = 3, damage_left = 1;
    std::array<Copier, 2> copiers;
    std::array<Prune, 2> prunes;
    bool operator==(const State&) const = default;
};
static_assert(sizeof(State) == 8 + 2 * 5 + 2 * 3, "no padding: states are hashed as bytes");

bool is_running(At at) { return at != At::start && at != At::finished; }

// All states that one step leads to.
class Model {
public:
    Model(Omit omit, bool prune_looks_again, std::function<void(const State&)> visit)
        : omit_(omit), prune_looks_again_(prune_looks_again), visit_(std::move(visit)) {}

    void step(const State& state) {
        for (std::size_t i = 0; i < 2; ++i) {
            copier_steps(state, i);
            prune_steps(state, i);
            kill(state, i);
        }
        forget(state);
        go_bad(state);
    }

private:
    [[nodiscard]] bool without(Omit step) const { return omit_ == step; }

    void forget(const State& state) {
        if (state.forgets_left == 0 || state.live == 0) return;
        State next = state;
        next.live = 0;
        --next.forgets_left;
        visit_(next);
        next.named = 0;  // as one that cannot be read
        visit_(next);
    }

    void go_bad(const State& state) {
        const bool is_relied_on = state.copiers[0].at == At::publish || state.copiers[1].at == At::publish;
        if (state.damage_left == 0 || state.on_disk == 0 || state.live != 0 || is_relied_on) return;
        State next = state;
        next.sound = 0;
        --next.damage_left;
        visit_(next);
    }

    static void end(Copier& copier) {
        copier = Copier{};
        copier.at = At::finished;
    }
    static void end(Prune& prune) {
        prune = Prune{};
        prune.at = At::finished;
    }
    void kill(const State& state, std::size_t i) {
        State next = state;
        if (is_running(state.copiers[i].at)) {
            end(next.copiers[i]);
            visit_(next);
        }
        next = state;
        if (is_running(state.prunes[i].at)) {
            end(next.prunes[i]);
            visit_(next);
        }
    }

    void copier_steps(const State& state, std::size_t i) {
        State next = state;
        Copier& copier = next.copiers[i];
        const bool marks_first = without(Omit::session_before_marks);
        switch (copier.at) {
            case At::start:
                copier.at = marks_first ? At::marks : At::session;
                break;
            case At::session:
                copier.has_session = 1;
                copier.at = marks_first ? At::generation : At::marks;
                break;
            case At::marks:
                copier.marked = state.marked;
                copier.generation = state.generation;
                copier.at = marks_first ? At::session : At::generation;
                break;
            case At::generation:
                copier.has_generation = 1;
                copier.at = At::read_ledger;
                break;
            case At::read_ledger:
                copier.at = At::await;
                if (state.live != 0) end(copier);
                break;
            case At::await:
                copier.at = At::store;
                if (copier.marked != 0 && !without(Omit::copier_awaits_prune) && prune_runs(state)) end(copier);
                break;
            case At::store:
                if (state.on_disk == 0 || !without(Omit::record_is_read_back)) next.sound = 1;
                next.on_disk = 1;
                copier.at = At::publish;
                break;
            case At::publish:
                next.named = next.live = 1;
                end(copier);
                break;
            default:
                return;
        }
        visit_(next);
    }

    static bool prune_runs(const State& state) { return is_running(state.prunes[0].at) || is_running(state.prunes[1].at); }

    void prune_steps(const State& state, std::size_t i) {
        State next = state;
        Prune& prune = next.prunes[i];
        const bool list_first = without(Omit::marks_before_listing);
        switch (prune.at) {
            case At::start:
                if (prune_runs(state)) return;
                prune.at = At::plan;
                break;
            case At::plan:
                prune.marks = state.live == 0 && state.on_disk != 0 ? 1 : 0;
                prune.at = list_first ? At::list : At::publish_marks;
                if (prune.marks == 0) end(prune);
                break;
            case At::publish_marks:
                next.generation = prune.generation = static_cast<std::uint8_t>(state.generation + 1);
                next.marked = 1;
                prune.at = list_first ? At::read_again : At::list;
                break;
            case At::list:
                return prune_lists(state, i, list_first);
            case At::read_again:
                prune.at = without(Omit::entry_before_unlink) ? At::unlink : At::entry;
                if (state.live != 0 && !without(Omit::ledger_after_listing)) prune.at = At::clear_marks;
                break;
            case At::entry:
                if (prune_looks_again_ && state.live != 0) {
                    end(prune);
                    break;
                }
                next.named = 0;
                prune.at = without(Omit::entry_before_unlink) ? At::clear_marks : At::unlink;
                break;
            case At::unlink:
                next.on_disk = 0;
                next.sound = 1;  // of what is not there nothing is told apart
                prune.at = without(Omit::entry_before_unlink) ? At::entry : At::clear_marks;
                break;
            case At::clear_marks:
                next.marked = 0;
                end(prune);
                break;
            default:
                return;
        }
        visit_(next);
    }

    // One that has to wait leaves its marks, or takes them back: it removes nothing.
    void prune_lists(const State& state, std::size_t i, bool list_first) {
        State next = state;
        Prune& prune = next.prunes[i];
        const auto generation = list_first ? static_cast<std::uint8_t>(state.generation + 1) : prune.generation;
        const bool waits = must_wait(state, generation);
        prune.at = waits ? At::clear_marks : list_first ? At::publish_marks : At::read_again;
        visit_(next);
        if (!waits) return;
        end(prune);
        visit_(next);
    }

    [[nodiscard]] bool must_wait(const State& state, std::uint8_t generation) const {
        if (without(Omit::waiting_for_older_sessions)) return false;
        for (const Copier& copier : state.copiers) {
            if (copier.has_session == 0) continue;
            if (copier.has_generation == 0 ? !without(Omit::nameless_session_counts) : copier.generation < generation)
                return true;
        }
        return false;
    }

    Omit omit_;
    bool prune_looks_again_;
    std::function<void(const State&)> visit_;
};

std::string fault_in(const State& state) {
    if (state.live != 0 && state.on_disk == 0) return "A: the record of a live snapshot is gone";
    if (state.live != 0 && state.sound == 0)
        return "A: the record of a live snapshot is damaged, and a copy said that it is there";
    if (state.named != 0 && state.on_disk == 0) return "B: the ledger names a record that is gone";
    return {};
}

Search search(Omit omit, bool prune_looks_again = false) {
    return search_states<State>([=](auto visit) { return Model(omit, prune_looks_again, visit); }, fault_in);
}

TEST(PruneCopierModelTest, NoInterleavingLosesARecordThatIsBroughtBack) {
    for (const bool prune_looks_again : {false, true}) {
        const Search result = search(Omit::nothing, prune_looks_again);
        EXPECT_EQ(result.fault, "");
        EXPECT_GT(result.states, 5'000U) << "the model has shrunk by a mistake";
    }
}

// Between the entry and the unlinking nobody asks any more.
TEST(PruneCopierModelTest, ThatPruneLooksAgainIsNotEnough) {
    EXPECT_NE(search(Omit::copier_awaits_prune, true).fault, "");
    EXPECT_NE(search(Omit::waiting_for_older_sessions, true).fault, "");
}

struct Needed {
    Omit step;
    const char* name;
};
class PruneCopierModelStepTest : public testing::TestWithParam<Needed> {};

TEST_P(PruneCopierModelStepTest, WithoutItAFaultIsFound) {
    const Search result = search(GetParam().step);
    EXPECT_NE(result.fault, "") << "the protocol without this step is never wrong in " << result.states << " states";
}

INSTANTIATE_TEST_SUITE_P(EveryStep, PruneCopierModelStepTest,
                         testing::Values(Needed{Omit::copier_awaits_prune, "CopierAwaitsPrune"},
                                         Needed{Omit::session_before_marks, "SessionBeforeMarks"},
                                         Needed{Omit::nameless_session_counts, "NamelessSessionCounts"},
                                         Needed{Omit::marks_before_listing, "MarksBeforeListing"},
                                         Needed{Omit::waiting_for_older_sessions, "WaitingForOlderSessions"},
                                         Needed{Omit::ledger_after_listing, "LedgerAfterListing"},
                                         Needed{Omit::entry_before_unlink, "EntryBeforeUnlink"},
                                         Needed{Omit::record_is_read_back, "RecordIsReadBack"}),
                         [](const testing::TestParamInfo<Needed>& needed) { return needed.param.name; });

}  // namespace
}  // namespace custody::test
