// What every ObjectStore must do. An implementation passes when each of kConformanceChecks runs clean on a fresh store of it;
// the checks know nothing of files. A new kind of store adds a factory to conformance_test.cc.
#pragma once

#include "tests/support/results.h"
#include "vault/store/object_store.h"
#include "vault/store/session.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace custody::test {

class StoreUnderTest {
public:
    virtual ~StoreUnderTest() = default;
    [[nodiscard]] virtual ObjectStore& store() = 0;
    // The same store as another process sees it.
    [[nodiscard]] virtual ObjectStore& other() = 0;
};
using StoreFactory = std::function<std::unique_ptr<StoreUnderTest>()>;

inline std::string hash_name(const std::string& folder, char digit) { return folder + "/" + std::string(64, digit); }
inline std::string ledger_name(int n) { return "ledger/" + fmt::format("{:016}", n); }
inline Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

inline Bytes pattern(std::size_t size, std::uint32_t seed) {
    Bytes bytes(size);
    for (auto& byte : bytes) byte = static_cast<Byte>((seed = seed * 1664525 + 1013904223) >> 24);
    return bytes;
}

inline void expect_content(ObjectStore& store, const std::string& name, ByteView expected) {
    const auto content = store.get(name, 1 << 30);
    ASSERT_TRUE(is_ok(content));
    EXPECT_TRUE(std::equal(content->begin(), content->end(), expected.begin(), expected.end())) << name;
}

inline std::vector<std::string> names_of(ObjectStore& store, const std::string& folder) {
    std::vector<std::string> names;
    const auto found = store.list(folder);
    EXPECT_TRUE(is_ok(found));
    if (!found.ok()) return names;
    for (const auto& object : *found) names.push_back(object.name);
    return names;
}

inline void what_is_put_comes_back(StoreUnderTest& under_test) {
    for (const std::size_t size : {1u, 511u, 512u, 4096u, 1'000'003u}) {
        const std::string name = hash_name("packs/ab", static_cast<char>('a' + size % 6));
        const Bytes content = pattern(size, static_cast<std::uint32_t>(size));
        ASSERT_TRUE(is_ok(under_test.store().replace(name, content)));
        expect_content(under_test.other(), name, content);
        const auto reader = under_test.other().open(name);
        ASSERT_TRUE(is_ok(reader));
        EXPECT_EQ(size, (*reader)->size());
        Bytes tail(size / 2 + 1);
        ASSERT_TRUE(is_ok((*reader)->read(size - tail.size(), tail)));
        EXPECT_TRUE(std::equal(tail.rbegin(), tail.rend(), content.rbegin()));
        const auto info = under_test.other().info(name);
        ASSERT_TRUE(is_ok(info));
        EXPECT_EQ(size, info->size);
    }
}

inline void absence_and_excess_are_told_apart(StoreUnderTest& under_test) {
    ObjectStore& store = under_test.store();
    const std::string name = hash_name("snapshots", '1');
    EXPECT_TRUE(fails_with(Code::not_found, store.get(name, 100)));
    EXPECT_TRUE(fails_with(Code::not_found, store.open(name)));
    EXPECT_TRUE(fails_with(Code::not_found, store.info(name)));
    EXPECT_TRUE(fails_with(Code::not_found, store.remove(name)));
    ASSERT_TRUE(is_ok(store.put(name, pattern(100, 1))));
    EXPECT_TRUE(fails_with(Code::corrupt, store.get(name, 99)));
    const auto reader = store.open(name);
    ASSERT_TRUE(is_ok(reader));
    Bytes into(10);
    EXPECT_TRUE(fails_with(Code::corrupt, (*reader)->read(91, into)));
    EXPECT_TRUE(fails_with(Code::corrupt, (*reader)->read(1'000'000, into)));
    EXPECT_TRUE(is_ok((*reader)->read(90, into)));
}

inline void putting_again_is_success(StoreUnderTest& under_test) {
    const std::string name = hash_name("packs/cc", 'c');
    const Bytes content = pattern(5000, 3);
    ASSERT_TRUE(is_ok(under_test.store().put(name, content)));
    ASSERT_TRUE(is_ok(under_test.other().put(name, content)));
    const auto writer = under_test.store().begin();
    ASSERT_TRUE(is_ok(writer));
    ASSERT_TRUE(is_ok((*writer)->append(content)));
    ASSERT_TRUE(is_ok((*writer)->finish(name)));
    ASSERT_TRUE(is_ok(under_test.store().barrier()));
    expect_content(under_test.store(), name, content);
    const auto leftovers = under_test.store().list_temporary();
    ASSERT_TRUE(is_ok(leftovers));
    EXPECT_TRUE(leftovers->empty());
}

inline void put_new_has_one_winner(StoreUnderTest& under_test) {
    constexpr int kNames = 12;
    constexpr int kThreads = 4;
    std::array<std::atomic<int>, kNames + 1> winner{};
    std::array<std::atomic<int>, kNames + 1> winners{};
    std::vector<std::thread> threads;
    for (int id = 1; id <= kThreads; ++id) {
        threads.emplace_back([&, id] {
            ObjectStore& store = id % 2 == 0 ? under_test.store() : under_test.other();
            for (int n = 1; n <= kNames; ++n) {
                const auto at = static_cast<std::size_t>(n);
                const Status status = store.put_new(ledger_name(n), pattern(300, static_cast<std::uint32_t>(id)));
                if (status.ok()) {
                    winner[at] = id;
                    ++winners[at];
                } else {
                    EXPECT_EQ(Code::exists, status.error().code) << status.error().message;
                }
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (std::size_t n = 1; n <= kNames; ++n) {
        EXPECT_EQ(1, winners[n]) << "ledger entry " << n;
        expect_content(under_test.other(), ledger_name(static_cast<int>(n)), pattern(300, static_cast<std::uint32_t>(winner[n])));
    }
}

inline void replace_is_whole(StoreUnderTest& under_test) {
    const std::string name = "gc/marks";
    ASSERT_TRUE(is_ok(under_test.store().replace(name, Bytes(3000, 0))));
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        for (int round = 1; round <= 20; ++round)
            EXPECT_TRUE(
                is_ok(under_test.store().replace(name, Bytes(static_cast<std::size_t>(3000 + round), static_cast<Byte>(round)))));
        stop = true;
    });
    while (!stop) {
        const auto content = under_test.other().get(name, 1 << 20);
        EXPECT_TRUE(is_ok(content));
        if (!content.ok()) break;
        const Byte round = content->front();
        EXPECT_EQ(3000u + round, content->size());
        EXPECT_EQ(content->size(), static_cast<std::size_t>(std::count(content->begin(), content->end(), round)));
    }
    writer.join();
    expect_content(under_test.store(), name, Bytes(3020, 20));
}

inline void a_writer_shows_nothing_before_it_finishes(StoreUnderTest& under_test) {
    ObjectStore& store = under_test.store();
    const auto before = names_of(store, "");
    const std::string name = hash_name("packs/dd", 'd');
    {
        const auto dropped = store.begin();
        ASSERT_TRUE(is_ok(dropped));
        ASSERT_TRUE(is_ok((*dropped)->append(pattern(70'000, 1))));
        EXPECT_EQ(before, names_of(under_test.other(), ""));
    }
    EXPECT_EQ(before, names_of(store, ""));
    const auto leftovers = under_test.other().list_temporary();
    ASSERT_TRUE(is_ok(leftovers));
    EXPECT_TRUE(leftovers->empty());

    const auto writer = store.begin();
    ASSERT_TRUE(is_ok(writer));
    Bytes all;
    for (std::uint32_t part = 1; part < 9; ++part) {
        const Bytes bytes = pattern(part * 1111, part);
        append(all, bytes);
        ASSERT_TRUE(is_ok((*writer)->append(bytes)));
    }
    ASSERT_TRUE(is_ok((*writer)->finish(name)));
    ASSERT_TRUE(is_ok(store.barrier()));
    expect_content(under_test.other(), name, all);
}

inline void listing_is_sorted_and_by_folder(StoreUnderTest& under_test) {
    ObjectStore& store = under_test.store();
    const auto before = names_of(store, "");
    const std::string label(32, 'e');
    const std::vector<std::string> names = {hash_name("index/" + label, '7'), ledger_name(1), hash_name("packs/00", '0'),
                                            hash_name("packs/ff", '1'), hash_name("snapshots", '5')};
    for (auto name = names.rbegin(); name != names.rend(); ++name) ASSERT_TRUE(is_ok(store.put(*name, pattern(name->size(), 1))));
    const auto session = store.begin_session();
    ASSERT_TRUE(is_ok(session));
    const auto writer = store.begin();
    ASSERT_TRUE(is_ok(writer));
    auto expected = names;
    expected.insert(expected.end(), before.begin(), before.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(expected, names_of(under_test.other(), ""));
    EXPECT_EQ((std::vector<std::string>{names[2], names[3]}), names_of(store, "packs"));
    EXPECT_EQ((std::vector<std::string>{names[3]}), names_of(store, "packs/ff"));
    EXPECT_EQ((std::vector<std::string>{names[0]}), names_of(store, "index/" + label));
    EXPECT_TRUE(names_of(store, "index/" + std::string(32, 'f')).empty());
    const auto listed = store.list("packs");
    ASSERT_TRUE(is_ok(listed));
    for (const auto& object : *listed) EXPECT_EQ(object.name.size(), object.size);
}

inline void what_is_removed_is_gone(StoreUnderTest& under_test) {
    const std::string name = hash_name("packs/12", '2');
    ASSERT_TRUE(is_ok(under_test.store().put(name, pattern(10, 1))));
    const auto reader = under_test.other().open(name);
    ASSERT_TRUE(is_ok(reader));
    ASSERT_TRUE(is_ok(under_test.store().remove(name)));
    ASSERT_TRUE(is_ok(under_test.store().barrier()));
    EXPECT_TRUE(fails_with(Code::not_found, under_test.other().open(name)));
    EXPECT_TRUE(fails_with(Code::not_found, under_test.store().remove(name)));
    EXPECT_TRUE(names_of(under_test.other(), "packs").empty());
    Bytes into(10);
    EXPECT_TRUE(is_ok((*reader)->read(0, into))) << "an open reader keeps its object";
}

inline void sessions_show_while_they_live(StoreUnderTest& under_test) {
    const auto listed = [&] {
        auto sessions = under_test.other().list_sessions();
        EXPECT_TRUE(is_ok(sessions));
        return sessions.ok() ? *sessions : std::vector<SessionInfo>{};
    };
    EXPECT_TRUE(listed().empty());
    {
        const auto session = under_test.store().begin_session();
        ASSERT_TRUE(is_ok(session));
        auto seen = listed();
        ASSERT_EQ(1u, seen.size());
        EXPECT_TRUE(seen[0].alive);
        EXPECT_FALSE(seen[0].has_generation);
        EXPECT_TRUE(fails_with(Code::busy, under_test.other().remove_dead_session(seen[0].name)));
        ASSERT_TRUE(is_ok((*session)->carry_generation(0x1234)));
        seen = listed();
        ASSERT_EQ(1u, seen.size());
        EXPECT_TRUE(seen[0].alive);
        EXPECT_TRUE(seen[0].has_generation);
        EXPECT_EQ(0x1234u, seen[0].generation);
        EXPECT_TRUE(fails_with(Code::busy, under_test.other().remove_dead_session(seen[0].name)));
    }
    EXPECT_TRUE(listed().empty());
}

inline void no_session_is_missed_while_it_takes_its_generation(StoreUnderTest& under_test) {
    std::atomic<bool> stop{false};
    const auto steady = under_test.store().begin_session();
    ASSERT_TRUE(is_ok(steady));
    std::thread others([&] {
        for (std::uint64_t round = 1; round <= 40; ++round) {
            const auto session = under_test.store().begin_session();
            EXPECT_TRUE(is_ok(session));
            if (session.ok()) {
                EXPECT_TRUE(is_ok((*session)->carry_generation(round)));
            }
        }
        EXPECT_TRUE(is_ok((*steady)->carry_generation(99)));
        stop = true;
    });
    while (!stop) {
        const auto sessions = under_test.other().list_sessions();
        EXPECT_TRUE(is_ok(sessions));
        if (!sessions.ok()) break;
        EXPECT_TRUE(std::any_of(sessions->begin(), sessions->end(), [](const SessionInfo& session) {
            return session.alive && (!session.has_generation || session.generation == 99);
        })) << "the session that lived all the time was not listed";
    }
    others.join();
}

inline void a_session_knows_the_marks(StoreUnderTest& under_test) {
    const auto first = Session::begin(under_test.store());
    ASSERT_TRUE(is_ok(first));
    EXPECT_EQ(0u, first->marks().generation);
    Marks marks;
    marks.generation = 7;
    marks.packs.insert(ObjectId::from(Bytes(32, 9)));
    ASSERT_TRUE(is_ok(under_test.other().replace("gc/marks", encode(marks))));
    const auto second = Session::begin(under_test.store());
    ASSERT_TRUE(is_ok(second));
    EXPECT_EQ(7u, second->marks().generation);
    EXPECT_TRUE(second->is_marked(ObjectId::from(Bytes(32, 9))));
    EXPECT_FALSE(second->is_marked(ObjectId::from(Bytes(32, 8))));
    const auto sessions = under_test.other().list_sessions();
    ASSERT_TRUE(is_ok(sessions));
    std::vector<std::uint64_t> generations;
    for (const auto& session : *sessions) generations.push_back(session.generation);
    std::sort(generations.begin(), generations.end());
    EXPECT_EQ((std::vector<std::uint64_t>{0, 7}), generations);
}

inline void one_prune_at_a_time(StoreUnderTest& under_test) {
    {
        const auto mine = under_test.store().lock_prune();
        ASSERT_TRUE(is_ok(mine));
        EXPECT_TRUE(fails_with(Code::busy, under_test.other().lock_prune()));
    }
    EXPECT_TRUE(is_ok(under_test.other().lock_prune()));
}

inline void names_cannot_leave_the_store(StoreUnderTest& under_test) {
    for (const char* name :
         {"", "/etc/passwd", "../outside", "packs/../../outside", "packs//x", "packs/", "./x", "packs/.x", "A", "a b"}) {
        EXPECT_TRUE(fails_with(Code::corrupt, under_test.store().put(name, pattern(1, 1)))) << name;
        EXPECT_TRUE(fails_with(Code::corrupt, under_test.store().get(name, 10))) << name;
        EXPECT_TRUE(fails_with(Code::corrupt, under_test.store().remove(name))) << name;
    }
}

struct ConformanceCheck {
    const char* name;
    void (*run)(StoreUnderTest&);
};
inline constexpr std::array kConformanceChecks = {
    ConformanceCheck{"what_is_put_comes_back", &what_is_put_comes_back},
    ConformanceCheck{"absence_and_excess_are_told_apart", &absence_and_excess_are_told_apart},
    ConformanceCheck{"putting_again_is_success", &putting_again_is_success},
    ConformanceCheck{"put_new_has_one_winner", &put_new_has_one_winner},
    ConformanceCheck{"replace_is_whole", &replace_is_whole},
    ConformanceCheck{"a_writer_shows_nothing_before_it_finishes", &a_writer_shows_nothing_before_it_finishes},
    ConformanceCheck{"listing_is_sorted_and_by_folder", &listing_is_sorted_and_by_folder},
    ConformanceCheck{"what_is_removed_is_gone", &what_is_removed_is_gone},
    ConformanceCheck{"sessions_show_while_they_live", &sessions_show_while_they_live},
    ConformanceCheck{"no_session_is_missed_while_it_takes_its_generation", &no_session_is_missed_while_it_takes_its_generation},
    ConformanceCheck{"a_session_knows_the_marks", &a_session_knows_the_marks},
    ConformanceCheck{"one_prune_at_a_time", &one_prune_at_a_time},
    ConformanceCheck{"names_cannot_leave_the_store", &names_cannot_leave_the_store},
};

}  // namespace custody::test
