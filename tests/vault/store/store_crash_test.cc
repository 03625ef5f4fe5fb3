// The local store under failing operations and power cuts; the fault models are those of tests/support/fault_file_system.h and
// power_cut_file_system.h.
#include "tests/support/fault_file_system.h"
#include "tests/support/power_cut_file_system.h"
#include "tests/vault/store/local_store_under_test.h"
#include "vault/store/reserve.h"

#include <gtest/gtest.h>

#include <map>

namespace custody::test {
namespace {

constexpr const char* kRoot = "/vault";
const std::string kPack = hash_name("packs/ab", 'a');
const std::string kMarks = "gc/marks";
const Bytes kOld = pattern(2000, 1);
const Bytes kNew = pattern(5000, 2);

// One thing that a run does to a store. `before` is done without faults.
struct Step {
    const char* name;
    Status (*before)(ObjectStore&);
    Status (*run)(ObjectStore&);
    const std::string& object;  // what it names
    bool keeps_old;             // kOld lay under that name before
};

Status nothing(ObjectStore&) { return done(); }

Status write_pack(ObjectStore& store) {
    TRY_ASSIGN(const auto writer, store.begin());
    TRY(writer->append(ByteView(kNew).first(1000)));
    TRY(writer->append(ByteView(kNew).subspan(1000)));
    TRY(writer->finish(kPack));
    return store.barrier();
}

Status run_session(ObjectStore& store) {
    TRY_ASSIGN(const auto session, Session::begin(store));
    if (session.marks().generation != 0) return Error{Code::failed, "wrong marks"};
    return done();
}

Status remove_pack(ObjectStore& store) {
    TRY(store.remove(kPack));
    return store.barrier();
}

const Step kSteps[] = {
    {"put", &nothing, [](ObjectStore& store) { return store.put(kPack, kNew); }, kPack, false},
    {"put_new", &nothing, [](ObjectStore& store) { return store.put_new(kPack, kNew); }, kPack, false},
    {"replace", [](ObjectStore& store) { return store.put(kMarks, kOld); },
     [](ObjectStore& store) { return store.replace(kMarks, kNew); }, kMarks, true},
    {"writer", &nothing, &write_pack, kPack, false},
    {"session", &nothing, &run_session, kPack, false},
    {"remove", [](ObjectStore& store) { return store.put(kPack, kOld); }, &remove_pack, kPack, true},
};

// Absent, or whole; never half, never something else.
void expect_whole_or_absent(ObjectStore& store, const Step& step) {
    const auto content = store.get(step.object, 1 << 20);
    if (!content.ok()) {
        EXPECT_TRUE(fails_with(Code::not_found, content));
        EXPECT_TRUE(!step.keeps_old || std::string_view(step.name) == "remove") << "the old object is gone";
        return;
    }
    EXPECT_TRUE(*content == kNew || (step.keeps_old && *content == kOld)) << content->size() << " bytes of something else";
}

void expect_done(ObjectStore& store, const Step& step) {
    if (std::string_view(step.name) == "session") return;
    if (std::string_view(step.name) == "remove") {
        EXPECT_TRUE(fails_with(Code::not_found, store.get(step.object, 1 << 20)));
    } else {
        expect_content(store, step.object, kNew);
    }
}

// Fails operation N of `step`, for one N; false when the step has fewer operations.
bool fail_operation(const PowerCutFileSystem& fresh, const Step& step, Fault fault, bool sticky, std::uint64_t at) {
    const auto memory = fresh.kill();
    FaultFileSystem files(*memory);
    LocalStoreUnderTest under_test(files, kRoot);
    EXPECT_TRUE(is_ok(step.before(under_test.store())));
    files.arm(at, fault, sticky);
    const Status status = step.run(under_test.store());
    const bool fired = files.fired();
    const bool reached = files.operations() >= at;
    files.disarm();
    if (fault == Fault::interrupted || fault == Fault::short_transfer || !fired) {
        EXPECT_TRUE(is_ok(status));
    }
    if (status.ok()) {
        expect_done(under_test.other(), step);
    } else {
        expect_whole_or_absent(under_test.other(), step);
    }
    // Nothing hinders the next run, which opens the store anew; no lock is left, leftovers can be cleared away.
    const auto again = open_local_store(files, kRoot);
    EXPECT_TRUE(is_ok(again));
    const auto leftovers = (*again)->list_temporary();
    const auto sessions = (*again)->list_sessions();
    EXPECT_TRUE(is_ok(leftovers) && is_ok(sessions));
    for (const auto& leftover : *leftovers) EXPECT_TRUE(is_ok((*again)->remove(leftover)));
    for (const auto& session : *sessions) {
        EXPECT_FALSE(session.alive) << session.name;
        EXPECT_TRUE(is_ok((*again)->remove_dead_session(session.name)));
    }
    const Status repeated = step.run(**again);
    const bool done_before = std::string_view(step.name) == "put_new" || std::string_view(step.name) == "remove";
    const bool ends_well =
        repeated.ok() || (done_before && (repeated.error().code == Code::exists || repeated.error().code == Code::not_found));
    EXPECT_TRUE(ends_well) << repeated.error().message;
    expect_done(**again, step);
    return reached;
}

TEST(StoreFaults, EveryOperationFailingOnceAndForGood) {
    PowerCutFileSystem fresh;
    const LocalStoreUnderTest made(fresh, kRoot);
    for (const Step& step : kSteps) {
        for (const Fault fault :
             {Fault::io, Fault::io_after, Fault::no_space, Fault::denied, Fault::interrupted, Fault::short_transfer}) {
            for (const bool sticky : {false, true}) {
                for (std::uint64_t at = 1;; ++at) {
                    SCOPED_TRACE(
                        fmt::format("{}: {} {} at operation {}", step.name, sticky ? "sticky" : "single", fault_name(fault), at));
                    if (!fail_operation(fresh, step, fault, sticky, at)) break;
                    ASSERT_FALSE(HasFailure());
                    ASSERT_LT(at, 1000u);
                }
            }
        }
    }
}

TEST(StoreFaults, AnInitThatFailedIsSimplyRunAgain) {
    const Bytes reserve = reserve_content();
    for (const Fault fault : {Fault::io, Fault::no_space}) {
        // Of the 256 fan-out folders, most are alike: every operation at both ends, and samples between.
        for (std::uint64_t at = 1; at<400; at += at> 20 && at < 260 ? 29 : 1) {
            SCOPED_TRACE(fmt::format("{} at operation {}", fault_name(fault), at));
            PowerCutFileSystem memory;
            FaultFileSystem files(memory);
            files.arm(at, fault, true);
            const auto first = create_local_store(files, "/media/vault");
            const bool fired = files.fired();
            EXPECT_EQ(!fired, first.ok());
            files.disarm();
            if (!fired) break;
            const auto again = create_local_store(files, "/media/vault");
            ASSERT_TRUE(is_ok(again));
            expect_content(**again, "reserve", reserve);
        }
    }
}

// Everything in an image must be whole, and what had been promised must be there.
void check_image(PowerCutFileSystem& image, const std::map<std::string, Bytes>& promised,
                 const std::map<std::string, Bytes>& possible) {
    const auto opened = open_local_store(image, kRoot);
    ASSERT_TRUE(is_ok(opened));
    ObjectStore& store = **opened;
    for (const auto& [name, content] : promised) expect_content(store, name, content);
    const auto objects = store.list("packs");
    ASSERT_TRUE(is_ok(objects));
    for (const auto& object : *objects) {
        const auto expected = possible.find(object.name);
        ASSERT_NE(expected, possible.end()) << object.name;
        expect_content(store, object.name, expected->second);
    }
    const auto leftovers = store.list_temporary();
    ASSERT_TRUE(is_ok(leftovers));
    for (const auto& leftover : *leftovers) EXPECT_TRUE(is_ok(store.remove(leftover)));
    EXPECT_TRUE(is_ok(store.put(hash_name("packs/99", '9'), kNew)));
}

// Puts, writers and a barrier in turn; at every sync the power is cut in several ways.
TEST(StorePowerCut, WhatWasPromisedIsThereAndNothingIsHalf) {
    PowerCutFileSystem files;
    LocalStoreUnderTest under_test(files, kRoot);
    std::map<std::string, Bytes> promised = {{"vault.json", bytes_of("{}")}, {"reserve", reserve_content()}};
    std::map<std::string, Bytes> possible;
    std::uint64_t seed = 0;
    std::size_t images = 0;
    files.set_barrier_hook([&](const std::string&) {
        for (int draw = 0; draw < 6; ++draw, ++images) {
            SCOPED_TRACE(fmt::format("image {}", images));
            check_image(*files.cut(draw < 3 ? static_cast<std::uint64_t>(draw) : 3 + ++seed), promised, possible);
        }
    });
    for (std::uint32_t round = 0; round < 12 && !testing::Test::HasFailure(); ++round) {
        const std::string put = hash_name("packs/00", static_cast<char>('0' + round % 10)) + (round < 10 ? "" : "0");
        possible[put] = pattern(700 * (round + 1), round);
        ASSERT_TRUE(is_ok(under_test.store().put(put, possible[put])));
        promised[put] = possible[put];

        const std::string written = hash_name("packs/01", static_cast<char>('0' + round % 10)) + (round < 10 ? "" : "0");
        possible[written] = pattern(3000 + round, 100 + round);
        const auto writer = under_test.store().begin();
        ASSERT_TRUE(is_ok(writer));
        ASSERT_TRUE(is_ok((*writer)->append(ByteView(possible[written]).first(1234))));
        ASSERT_TRUE(is_ok((*writer)->append(ByteView(possible[written]).subspan(1234))));
        ASSERT_TRUE(is_ok((*writer)->finish(written)));
        if (round % 3 != 2) continue;
        ASSERT_TRUE(is_ok(under_test.store().barrier()));
        for (const auto& [name, content] : possible) promised[name] = content;
    }
    EXPECT_GT(images, 100u);
}

TEST(StorePowerCut, MarksAreTheOldOrTheNew) {
    PowerCutFileSystem files;
    LocalStoreUnderTest under_test(files, kRoot);
    Marks marks;
    ASSERT_TRUE(is_ok(under_test.store().replace(kMarks, encode(marks))));
    std::uint64_t least = 0;
    std::uint64_t seed = 0;
    files.set_barrier_hook([&](const std::string&) {
        for (int draw = 0; draw < 8; ++draw) {
            const auto image = files.cut(seed++);
            const auto opened = open_local_store(*image, kRoot);
            ASSERT_TRUE(is_ok(opened));
            const auto found = read_marks(**opened);
            ASSERT_TRUE(is_ok(found));
            EXPECT_GE(found->generation, least);
            EXPECT_LE(found->generation, least + 1);
        }
    });
    for (std::uint64_t generation = 1; generation < 10; ++generation) {
        marks.generation = generation;
        marks.packs.insert(ObjectId::from(pattern(32, static_cast<std::uint32_t>(generation))));
        ASSERT_TRUE(is_ok(under_test.store().replace(kMarks, encode(marks))));
        least = generation;
    }
}

// The model itself: a cut must be able to lose what was not synced, or the tests above prove nothing.
TEST(StorePowerCut, TheModelLosesWhatWasNotSynced) {
    PowerCutFileSystem files;
    ASSERT_TRUE(is_ok(files.make_directory("/a", 0700)));
    ASSERT_TRUE(is_ok(files.sync_directory("/")));
    std::map<std::string, int> seen;
    auto file = files.create("/a/tmp", 0600);
    ASSERT_TRUE(is_ok(file));
    ASSERT_TRUE(is_ok(write_all(**file, 0, pattern(4096, 1))));
    ASSERT_TRUE(is_ok(files.rename("/a/tmp", "/a/named")));  // neither the file nor the folder was synced
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const auto image = files.cut(seed);
        const auto content = read_file(*image, "/a/named", 1 << 20);
        if (!content.ok()) {
            ++seen["absent"];
        } else {
            ++seen[content->empty() ? "empty" : *content == pattern(4096, 1) ? "whole" : "torn"];
        }
    }
    EXPECT_EQ(4u, seen.size());
    ASSERT_TRUE(is_ok((*file)->sync()));
    ASSERT_TRUE(is_ok(files.sync_directory("/a")));
    for (std::uint64_t seed = 0; seed < 50; ++seed)
        EXPECT_EQ(pattern(4096, 1), *read_file(*files.cut(seed), "/a/named", 1 << 20));
}

}  // namespace
}  // namespace custody::test
