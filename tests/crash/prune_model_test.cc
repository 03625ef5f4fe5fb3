// The protocol of prune beside writers (DESIGN.md vault decision 6, docs/LOCKING.md, src/vault/prune/pruner.h) as an explicit-
// state model: every interleaving of two writers, two prunes, kills at any step and up to two forgets is visited. And every
// step of the protocol is shown to be needed: the same search over the protocol without it must find a fault.
//
// What is modelled. One chunk, which every snapshot needs: each pack that exists holds it, so "the chunk can be read" is "the
// store has a pack that the index lists, and one that the ledger names". Four packs: P, there from the start and used by snapshot
// 0; one that each writer makes when it may not or cannot use what is there; one that repacking makes. Index and ledger are the
// sets of packs they name. Each pack comes with an index segment that lists it, and which the ledger names too; a prune may fold
// the segments that the ledger names into one. A writer takes its chunk from a pack that its view of the index lists, or from the
// cache of a base snapshot (then it does not know the packs), or stores it anew. Its view of the index may be older than its
// session: a process may have opened it before. A killed process loses its lock, and what it wrote stays.
//
// Assumptions. Steps are atomic and durable in order (tests of power cuts look below that). Listing sessions shows every session
// that was there before the listing began. Creating the next ledger entry is exclusive. A new pack's name was never there
// before (its keys are random). Grace is zero: an orphan may go at once.
//
// What is asserted in every state.
//   A  every published, not forgotten snapshot can be read;
//   B  whatever the ledger names, packs and segments, is there (no false damage);
//   C  a writer whose view of the index is not older than its session never meets a pack that is gone.
#include "tests/crash/state_search.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace custody::test {
namespace {

using Set = std::uint8_t;  // of packs or snapshots, a bit each
constexpr Set kOldPack = 1;
constexpr Set kRepacked = 8;
constexpr Set kFolded = 16;  // a segment: what prunes fold others into. The others bear the bit of their pack.
constexpr Set pack_of(int writer) { return static_cast<Set>(2 << writer); }
constexpr Set snapshot_of(int writer) { return static_cast<Set>(2 << writer); }

enum class Omit {
    nothing,
    writer_respects_marks,
    session_before_marks,
    nameless_session_counts,
    existence_check,
    base_checked_in_session,
    adoption,
    prune_lock,
    marks_before_listing,
    waiting_for_older_sessions,
    ledger_after_listing,
    forgotten_since_counts,
    only_marked_go,
    index_before_unlink,
    entry_before_unlink,
    repack_before_unlink,
    listed_anew,
};

enum class At : std::uint8_t {
    start,
    session,
    marks,
    generation,
    choose,
    write,
    publish_index,
    check,
    publish,
    finished,
    aborted,  // writers
    read_ledger,
    publish_marks,
    list,
    read_again,
    repack,
    index,
    entry,
    drop_index,
    unlink,
    clear_marks,  // prunes
};

struct Writer {
    At at = At::start;
    std::uint8_t has_session = 0, has_generation = 0, generation = 0;
    Set marks = 0, view = 0, used = 0;
    std::uint8_t view_is_old = 0, by_cache = 0, made = 0;
    Set to_enter = 0;  // packs that the ledger does not name, when it was looked at
    bool operator==(const Writer&) const = default;
};
struct Prune {
    At at = At::start;
    std::uint8_t generation = 0;
    Set marks = 0, live_before = 0, known_before = 0, drop = 0, source = 0, fold = 0;
    bool operator==(const Prune&) const = default;
};
struct State {
    Set store = kOldPack, ledger = kOldPack, index = kOldPack;
    Set segments = kOldPack, segments_in_ledger = kOldPack;
    Set marks = 0;
    std::uint8_t generation = 0;
    Set live = 1, known = 1;  // snapshots: published and not forgotten; ever published
    std::uint8_t forgets_left = 2;
    std::uint8_t broke_c = 0;
    std::array<Writer, 2> writers;
    std::array<Prune, 2> prunes;
    bool operator==(const State&) const = default;
};
static_assert(sizeof(State) == 11 + 2 * 11 + 2 * 8, "no padding: states are hashed as bytes");

bool is_over(At at) { return at == At::finished || at == At::aborted; }

// All states that one step leads to.
class Model {
public:
    Model(Omit omit, std::function<void(const State&)> visit) : omit_(omit), visit_(std::move(visit)) {}

    void step(const State& state) {
        for (int i = 0; i < 2; ++i) {
            writer_steps(state, i);
            prune_steps(state, i);
            kill(state, i);
        }
        forget(state);
    }

private:
    [[nodiscard]] bool without(Omit step) const { return omit_ == step; }

    void forget(const State& state) {
        if (state.forgets_left == 0) return;
        for (Set snapshot = 1; snapshot < 8; snapshot = static_cast<Set>(snapshot << 1)) {
            if ((state.live & snapshot) == 0) continue;
            State next = state;
            next.live = static_cast<Set>(next.live & ~snapshot);
            --next.forgets_left;
            visit_(next);
        }
    }

    // What a process forgets when it is gone need not be told apart.
    static void end(Writer& writer, At at) {
        writer = Writer{};
        writer.at = at;
    }
    static void end(Prune& prune) {
        prune = Prune{};
        prune.at = At::finished;
    }
    void kill(const State& state, int i) {
        const auto n = static_cast<std::size_t>(i);
        if (!is_over(state.writers[n].at) && state.writers[n].at != At::start) {
            State next = state;
            end(next.writers[n], At::finished);
            visit_(next);
        }
        if (!is_over(state.prunes[n].at) && state.prunes[n].at != At::start) {
            State next = state;
            end(next.prunes[n]);
            visit_(next);
        }
    }

    void writer_steps(const State& state, int i) {
        State next = state;
        Writer& writer = next.writers[static_cast<std::size_t>(i)];
        const bool marks_first = without(Omit::session_before_marks);
        switch (writer.at) {
            case At::start:
                return writer_starts(state, i, marks_first);
            case At::session:
                writer.has_session = 1;
                writer.at = marks_first ? At::generation : At::marks;
                return visit_(next);
            case At::marks:
                writer.marks = state.marks;
                writer.generation = state.generation;
                writer.at = marks_first ? At::session : At::generation;
                return visit_(next);
            case At::generation:
                writer.has_generation = 1;
                writer.at = writer.by_cache != 0 ? At::check : At::choose;
                return visit_(next);
            case At::choose:
                return writer_chooses(state, i);
            case At::write:
                next.store = static_cast<Set>(next.store | pack_of(i));
                writer.made = pack_of(i);
                writer.at = At::publish_index;
                return visit_(next);
            case At::publish_index:
                next.index = static_cast<Set>(next.index | pack_of(i));
                next.segments = static_cast<Set>(next.segments | pack_of(i));
                writer.at = At::check;
                return visit_(next);
            case At::check:
                return writer_checks(next, writer);
            case At::publish:
                if (!without(Omit::listed_anew)) writer.to_enter = not_entered(state, writer);
                next.live = static_cast<Set>(next.live | snapshot_of(i));
                next.known = static_cast<Set>(next.known | snapshot_of(i));
                next.ledger = static_cast<Set>(next.ledger | writer.to_enter);
                next.segments_in_ledger = static_cast<Set>(next.segments_in_ledger | writer.to_enter);
                end(writer, At::finished);
                return visit_(next);
            default:
                return;
        }
    }

    [[nodiscard]] Set not_entered(const State& state, const Writer& writer) const {
        return static_cast<Set>((writer.made | (without(Omit::adoption) ? 0 : writer.used)) & ~state.ledger);
    }

    // With a view of the index from before the session, or without; without its step, a base from before the session too.
    void writer_starts(const State& state, int i, bool marks_first) {
        for (const bool looks_early : {false, true}) {
            State next = state;
            Writer& writer = next.writers[static_cast<std::size_t>(i)];
            writer.at = marks_first ? At::marks : At::session;
            if (looks_early) {
                writer.view = state.index;
                writer.view_is_old = 1;
            }
            visit_(next);
            if (without(Omit::base_checked_in_session) && state.live != 0 && !looks_early) {
                writer.by_cache = 1;
                visit_(next);
            }
        }
    }

    void writer_chooses(const State& state, int i) {
        if (state.live != 0 && !without(Omit::base_checked_in_session)) {
            State next = state;
            Writer& writer = next.writers[static_cast<std::size_t>(i)];
            writer.by_cache = 1;
            writer.at = At::check;
            visit_(next);
        }
        const Writer& before = state.writers[static_cast<std::size_t>(i)];
        const Set view = before.view_is_old != 0 ? before.view : state.index;
        const Set usable = without(Omit::writer_respects_marks) ? view : static_cast<Set>(view & ~before.marks);
        for (Set pack = 1; pack <= kRepacked; pack = static_cast<Set>(pack << 1)) {
            if ((usable & pack) == 0) continue;
            State next = state;
            Writer& writer = next.writers[static_cast<std::size_t>(i)];
            writer.used = pack;
            writer.at = At::check;
            visit_(next);
        }
        if (usable != 0) return;
        State next = state;
        next.writers[static_cast<std::size_t>(i)].at = At::write;
        visit_(next);
    }

    void writer_checks(State& next, Writer& writer) {
        const bool gone = (writer.used & ~next.store) != 0;
        if (gone && !without(Omit::existence_check)) {
            if (writer.view_is_old == 0) next.broke_c = 1;
            end(writer, At::aborted);
        } else {
            writer.at = At::publish;
            writer.marks = writer.view = 0;
            if (without(Omit::listed_anew)) writer.to_enter = not_entered(next, writer);
        }
        visit_(next);
    }

    void prune_steps(const State& state, int i) {
        State next = state;
        const auto n = static_cast<std::size_t>(i);
        Prune& prune = next.prunes[n];
        const At other = state.prunes[1 - n].at;
        const bool list_first = without(Omit::marks_before_listing);
        switch (prune.at) {
            case At::start:
                // The second begins when the first has begun: they are alike.
                if (i == 1 && other == At::start) return;
                if (!without(Omit::prune_lock) && other != At::start && !is_over(other)) return;
                prune.at = At::read_ledger;
                return visit_(next);
            case At::read_ledger:
                return prune_plans(state, n, list_first ? At::list : At::publish_marks);
            case At::publish_marks:
                next.generation = prune.generation = static_cast<std::uint8_t>(state.generation + 1);
                next.marks = prune.marks;
                prune.at = list_first ? At::read_again : At::list;
                return visit_(next);
            case At::list:
                prune.at = list_first ? At::publish_marks : At::read_again;
                if (must_wait(state, list_first ? static_cast<std::uint8_t>(state.generation + 1) : prune.generation)) end(prune);
                return visit_(next);
            case At::read_again:
                return prune_decides(state, n);
            case At::repack:
                next.store = static_cast<Set>(next.store | kRepacked);
                prune.at = without(Omit::repack_before_unlink) ? At::clear_marks : At::index;
                if (prune.at == At::clear_marks) {
                    next.index = static_cast<Set>(next.index | kRepacked);
                    next.ledger = static_cast<Set>(next.ledger | kRepacked);
                    next.segments = static_cast<Set>(next.segments | kRepacked);
                    next.segments_in_ledger = static_cast<Set>(next.segments_in_ledger | kRepacked);
                }
                return visit_(next);
            case At::index:
                if (prune.source != 0) next.index = static_cast<Set>(next.index | kRepacked);
                next.segments = static_cast<Set>(next.segments | new_segments(prune));
                prune.at = without(Omit::entry_before_unlink) ? At::drop_index : At::entry;
                return visit_(next);
            case At::entry:
                next.ledger = static_cast<Set>((next.ledger | (prune.source != 0 ? kRepacked : 0)) & ~prune.drop);
                next.segments_in_ledger =
                    static_cast<Set>((next.segments_in_ledger & ~(prune.drop | prune.fold)) | new_segments(prune));
                prune.at = without(Omit::entry_before_unlink) ? At::clear_marks : At::drop_index;
                return visit_(next);
            case At::drop_index:
                if (!without(Omit::index_before_unlink)) next.index = static_cast<Set>(next.index & ~prune.drop);
                next.segments = static_cast<Set>(next.segments & ~(prune.drop | prune.fold));
                prune.at = At::unlink;
                return visit_(next);
            case At::unlink:
                return prune_unlinks(next, prune);
            case At::clear_marks:
                next.marks = 0;
                end(prune);
                return visit_(next);
            default:
                return;
        }
    }

    [[nodiscard]] bool must_wait(const State& state, std::uint8_t generation) const {
        if (without(Omit::waiting_for_older_sessions)) return false;
        for (const Writer& writer : state.writers) {
            if (writer.has_session == 0) continue;
            if (writer.has_generation == 0 ? !without(Omit::nameless_session_counts) : writer.generation < generation)
                return true;
        }
        return false;
    }

    // Marks what no snapshot needs; else what no entry names, and one pack to repack or none.
    void prune_plans(const State& state, std::size_t n, At then) {
        State next = state;
        Prune& prune = next.prunes[n];
        prune.live_before = state.live;
        prune.known_before = state.known;
        prune.at = then;
        if (state.live == 0) {
            prune.marks = state.store;
            return visit_(next);
        }
        prune.marks = static_cast<Set>(state.store & ~state.ledger);
        visit_(next);
        for (Set pack = 1; pack < kRepacked; pack = static_cast<Set>(pack << 1)) {
            if ((state.store & state.ledger & pack) == 0) continue;
            State repacking = next;
            repacking.prunes[n].marks = static_cast<Set>(prune.marks | pack);
            visit_(repacking);
        }
    }

    [[nodiscard]] static Set new_segments(const Prune& prune) {
        return static_cast<Set>((prune.source != 0 ? kRepacked : 0) | (prune.fold != 0 ? kFolded : 0));
    }

    // Folds the segments that the ledger names, or leaves them.
    void decided(State next, std::size_t n) {
        visit_(next);
        Prune& prune = next.prunes[n];
        prune.fold = static_cast<Set>(next.segments_in_ledger & ~(kFolded | prune.drop));
        if (prune.fold != 0) visit_(next);
    }

    void prune_decides(const State& state, std::size_t n) {
        State next = state;
        Prune& prune = next.prunes[n];
        Set roots = static_cast<Set>(state.live | prune.live_before | (state.known & ~prune.known_before));
        if (without(Omit::forgotten_since_counts)) roots = state.live;
        if (without(Omit::ledger_after_listing)) roots = prune.live_before;
        const Set may_go = without(Omit::only_marked_go) ? state.store : prune.marks;
        if (roots == 0) {
            prune.drop = static_cast<Set>(may_go & state.store);
            prune.at = At::index;
            return decided(next, n);
        }
        const Set orphans = static_cast<Set>(may_go & state.store & ~state.ledger);
        prune.drop = orphans;
        prune.at = At::index;
        decided(next, n);
        if ((state.store & kRepacked) != 0) return;  // made once is enough
        for (Set pack = 1; pack < kRepacked; pack = static_cast<Set>(pack << 1)) {
            if ((prune.marks & state.store & state.ledger & pack) == 0) continue;
            State repacking = next;
            Prune& other = repacking.prunes[n];
            other.drop = static_cast<Set>(orphans | pack);
            other.source = pack;
            other.at = without(Omit::repack_before_unlink) ? At::unlink : At::repack;
            decided(repacking, n);
        }
    }

    void prune_unlinks(State& next, Prune& prune) {
        const Set left = static_cast<Set>(prune.drop & next.store);
        if (left != 0) {
            next.store = static_cast<Set>(next.store & ~(left & -left));
            return visit_(next);
        }
        prune.at = without(Omit::entry_before_unlink) ? At::entry : At::clear_marks;
        if (without(Omit::repack_before_unlink) && prune.source != 0) prune.at = At::repack;
        visit_(next);
    }

    Omit omit_;
    std::function<void(const State&)> visit_;
};

std::string fault_in(const State& state) {
    const bool readable = (state.store & state.index) != 0 && (state.store & state.ledger) != 0;
    if (state.live != 0 && !readable) return "A: a published snapshot cannot be read";
    if ((state.ledger & ~state.store) != 0) return "B: the ledger names a pack that is gone";
    if ((state.segments_in_ledger & ~state.segments) != 0) return "B: the ledger names an index segment that is gone";
    if (state.broke_c != 0) return "C: a writer was led to a pack that is gone by an index that was not old";
    return {};
}

Search search(Omit omit) {
    return search_states<State>([omit](auto visit) { return Model(omit, visit); }, fault_in);
}

TEST(PruneModelTest, NoInterleavingLosesASnapshot) {
    const Search result = search(Omit::nothing);
    EXPECT_EQ(result.fault, "");
    EXPECT_GT(result.states, 100'000U) << "the model has shrunk by a mistake";
}

struct Needed {
    Omit step;
    const char* name;
};
class PruneModelStepTest : public testing::TestWithParam<Needed> {};

TEST_P(PruneModelStepTest, WithoutItAFaultIsFound) {
    const Search result = search(GetParam().step);
    EXPECT_NE(result.fault, "") << "the protocol without this step is never wrong in " << result.states << " states";
}

INSTANTIATE_TEST_SUITE_P(
    EveryStep, PruneModelStepTest,
    testing::Values(
        Needed{Omit::writer_respects_marks, "WriterRespectsMarks"}, Needed{Omit::session_before_marks, "SessionBeforeMarks"},
        Needed{Omit::nameless_session_counts, "NamelessSessionCounts"}, Needed{Omit::existence_check, "ExistenceCheck"},
        Needed{Omit::base_checked_in_session, "BaseCheckedInSession"}, Needed{Omit::adoption, "Adoption"},
        Needed{Omit::prune_lock, "PruneLock"}, Needed{Omit::marks_before_listing, "MarksBeforeListing"},
        Needed{Omit::waiting_for_older_sessions, "WaitingForOlderSessions"},
        Needed{Omit::ledger_after_listing, "LedgerAfterListing"}, Needed{Omit::forgotten_since_counts, "ForgottenSinceCounts"},
        Needed{Omit::only_marked_go, "OnlyMarkedGo"}, Needed{Omit::index_before_unlink, "IndexBeforeUnlink"},
        Needed{Omit::entry_before_unlink, "EntryBeforeUnlink"}, Needed{Omit::repack_before_unlink, "RepackBeforeUnlink"},
        Needed{Omit::listed_anew, "ListedAnew"}),
    [](const testing::TestParamInfo<Needed>& needed) { return needed.param.name; });

}  // namespace
}  // namespace custody::test
