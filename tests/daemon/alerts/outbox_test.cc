// The queue of alerts: nothing that was taken is lost, whatever is killed or cut when; it stays in bounds, and says what it
// dropped.
#include "daemon/alerts/outbox.h"

#include "tests/support/power_cut_file_system.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/wait_for.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;
using test::PowerCutFileSystem;
using test::ScratchFolder;

const std::vector<std::string> kBoth = {"smtp:a@b", "syslog"};

AlertMessage message_of(const std::string& key, AlertClass which = AlertClass::first) {
    AlertMessage message;
    message.id = new_message_id();
    message.key = key;
    message.kind = "backup_failed";
    message.which = which;
    message.host = "srv1";
    message.subject = "thử";
    message.text = "một\nhai\n";
    message.line = "một";
    message.fields = {{"plan", "etc"}};
    message.made = Time{1'793'671'200 * kSecond};
    return message;
}

std::unique_ptr<Outbox> opened(FileSystem& files, const std::string& folder, OutboxLimits limits = {}) {
    auto outbox = Outbox::open(files, folder, limits);
    EXPECT_TRUE(is_ok(outbox));
    return outbox.ok() ? *std::move(outbox) : nullptr;
}

std::vector<std::string> keys_for(const Outbox& outbox, const std::string& target) {
    std::vector<std::string> keys;
    std::set<std::string> seen;
    while (const auto message = outbox.next(target, seen)) {
        seen.insert(message->id);
        keys.push_back(message->key + ":" + std::string(alert_class_name(message->which)));
    }
    return keys;
}

TEST(Outbox, KeepsAMessageUntilEachTargetHasIt) {
    const ScratchFolder folder("outbox");
    auto outbox = opened(posix_file_system(), folder / "outbox");
    const AlertMessage message = message_of("backup_failed/etc");
    ASSERT_EQ(*outbox->put(message, kBoth), Outbox::Put::queued);
    EXPECT_EQ(*outbox->next("smtp:a@b"), message);
    ASSERT_TRUE(is_ok(outbox->delivered(message.id, "smtp:a@b")));
    EXPECT_FALSE(outbox->next("smtp:a@b").has_value());

    outbox.reset();
    outbox = opened(posix_file_system(), folder / "outbox");
    EXPECT_FALSE(outbox->next("smtp:a@b").has_value()) << "what was delivered is not sent again";
    EXPECT_EQ(*outbox->next("syslog"), message) << "the very same message, with its id";
    ASSERT_TRUE(is_ok(outbox->delivered(message.id, "syslog")));
    EXPECT_EQ(outbox->state().pending, 0u);
    outbox.reset();
    EXPECT_EQ(opened(posix_file_system(), folder / "outbox")->state().pending, 0u);
}

TEST(Outbox, AnswersInTheOrderInWhichTheyCame) {
    const ScratchFolder folder("outbox");
    auto outbox = opened(posix_file_system(), folder / "outbox");
    for (int i = 0; i < 12; ++i) ASSERT_TRUE(is_ok(outbox->put(message_of("k" + std::to_string(i)), {"syslog"})));
    outbox.reset();
    const auto keys = keys_for(*opened(posix_file_system(), folder / "outbox"), "syslog");
    ASSERT_EQ(keys.size(), 12u);
    EXPECT_EQ(keys.front(), "k0:first");
    EXPECT_EQ(keys.back(), "k11:first");
}

TEST(Outbox, OneEventHasOneOfEachWaiting) {
    const ScratchFolder folder("outbox");
    const auto outbox = opened(posix_file_system(), folder / "outbox");
    const std::vector<std::string> one = {"syslog"};
    ASSERT_EQ(*outbox->put(message_of("e"), one), Outbox::Put::queued);
    EXPECT_EQ(*outbox->put(message_of("e", AlertClass::reminder), one), Outbox::Put::merged) << "he was not told yet";
    ASSERT_EQ(*outbox->put(message_of("e", AlertClass::end), one), Outbox::Put::queued);
    EXPECT_EQ(keys_for(*outbox, "syslog"), (std::vector<std::string>{"e:first", "e:end"}));
    EXPECT_EQ(*outbox->put(message_of("e"), one), Outbox::Put::merged) << "it began again before anybody heard that it was over";
    EXPECT_EQ(keys_for(*outbox, "syslog"), (std::vector<std::string>{"e:first"}));

    ASSERT_TRUE(is_ok(outbox->delivered(outbox->next("syslog")->id, "syslog")));
    ASSERT_EQ(*outbox->put(message_of("e", AlertClass::reminder), one), Outbox::Put::queued);
    const AlertMessage newer = message_of("e", AlertClass::reminder);
    ASSERT_EQ(*outbox->put(newer, one), Outbox::Put::queued);
    EXPECT_EQ(keys_for(*outbox, "syslog").size(), 1u);
    EXPECT_EQ(outbox->next("syslog")->id, newer.id);
    ASSERT_EQ(*outbox->put(message_of("digest", AlertClass::digest), one), Outbox::Put::queued);
    ASSERT_EQ(*outbox->put(message_of("digest", AlertClass::digest), one), Outbox::Put::queued);
    EXPECT_EQ(outbox->state().pending, 2u);
    EXPECT_EQ(outbox->state().dropped, 0u) << "what a newer one replaces is no loss";
}

TEST(Outbox, WhatBecameWorseWhileNobodyCouldBeToldIsWhatIsTold) {
    const ScratchFolder folder("outbox");
    const auto outbox = opened(posix_file_system(), folder / "outbox");
    ASSERT_TRUE(is_ok(outbox->put(message_of("e"), kBoth)));
    AlertMessage worse = message_of("e");
    worse.severity = AlertSeverity::critical;
    ASSERT_EQ(*outbox->put(worse, kBoth), Outbox::Put::queued);
    EXPECT_EQ(*outbox->put(message_of("e"), kBoth), Outbox::Put::merged);
    EXPECT_EQ(outbox->state().pending, 1u);
    EXPECT_EQ(*outbox->next("syslog"), worse);
}

TEST(Outbox, AnEventOfAYearOfNightsStaysSmall) {
    const ScratchFolder folder("outbox");
    const auto outbox = opened(posix_file_system(), folder / "outbox");
    for (int night = 0; night < 100; ++night) {
        ASSERT_TRUE(is_ok(outbox->put(message_of("e"), kBoth)));
        ASSERT_TRUE(is_ok(outbox->put(message_of("e", AlertClass::reminder), kBoth)));
        ASSERT_TRUE(is_ok(outbox->put(message_of("e", AlertClass::end), kBoth)));
        ASSERT_TRUE(is_ok(outbox->put(message_of("digest", AlertClass::digest), kBoth)));
    }
    EXPECT_LE(outbox->state().pending, 4u);
}

TEST(Outbox, WhenItIsFullRemindersGoFirstAndFirstAlertsNever) {
    const ScratchFolder folder("outbox");
    const auto outbox = opened(posix_file_system(), folder / "outbox", {.messages = 4});
    const std::vector<std::string> one = {"syslog"};
    ASSERT_TRUE(is_ok(outbox->put(message_of("digest", AlertClass::digest), one)));
    ASSERT_TRUE(is_ok(outbox->put(message_of("r1", AlertClass::reminder), one)));
    ASSERT_TRUE(is_ok(outbox->put(message_of("r2", AlertClass::reminder), one)));
    ASSERT_TRUE(is_ok(outbox->put(message_of("f1"), one)));
    ASSERT_TRUE(is_ok(outbox->put(message_of("f2"), one)));
    EXPECT_EQ(keys_for(*outbox, "syslog"), (std::vector<std::string>{"digest:digest", "r2:reminder", "f1:first", "f2:first"}));
    ASSERT_TRUE(is_ok(outbox->put(message_of("f3"), one)));
    ASSERT_TRUE(is_ok(outbox->put(message_of("f4"), one)));
    EXPECT_EQ(keys_for(*outbox, "syslog"), (std::vector<std::string>{"f1:first", "f2:first", "f3:first", "f4:first"}));
    EXPECT_TRUE(fails_with(Code::busy, outbox->put(message_of("f5"), one)));
    EXPECT_EQ(outbox->state().dropped, 3u);
    ASSERT_TRUE(is_ok(outbox->delivered(outbox->next("syslog")->id, "syslog")));
    EXPECT_TRUE(is_ok(outbox->put(message_of("f5"), one)));
}

TEST(Outbox, BytesAreBoundedToo) {
    const ScratchFolder folder("outbox");
    const auto outbox = opened(posix_file_system(), folder / "outbox", {.bytes = 40'000});
    for (int i = 0; i < 20; ++i) {
        AlertMessage message = message_of("r" + std::to_string(i), AlertClass::reminder);
        message.text.assign(10'000, 'x');
        ASSERT_TRUE(is_ok(outbox->put(message, {"syslog"})));
    }
    EXPECT_LE(outbox->state().pending, 4u);
    EXPECT_GE(outbox->state().dropped, 16u);
}

TEST(Outbox, CountsOfWhatWasLostOutliveTheProcess) {
    const ScratchFolder folder("outbox");
    auto outbox = opened(posix_file_system(), folder / "outbox", {.messages = 1});
    ASSERT_TRUE(is_ok(outbox->put(message_of("r1", AlertClass::reminder), {"syslog"})));
    ASSERT_TRUE(is_ok(outbox->put(message_of("r2", AlertClass::reminder), {"syslog"})));
    outbox.reset();
    EXPECT_EQ(opened(posix_file_system(), folder / "outbox")->state().dropped, 1u);
}

TEST(Outbox, AMessageThatIsRefusedAgainAndAgainIsGivenUpForThatTargetOnly) {
    const ScratchFolder folder("outbox");
    const auto outbox = opened(posix_file_system(), folder / "outbox", {.refusals = 3});
    const AlertMessage message = message_of("e");
    ASSERT_TRUE(is_ok(outbox->put(message, kBoth)));
    EXPECT_FALSE(*outbox->refused(message.id, "smtp:a@b"));
    EXPECT_FALSE(*outbox->refused(message.id, "smtp:a@b"));
    EXPECT_TRUE(*outbox->refused(message.id, "smtp:a@b"));
    EXPECT_FALSE(outbox->next("smtp:a@b").has_value());
    EXPECT_TRUE(outbox->next("syslog").has_value());
    EXPECT_EQ(outbox->state().given_up, 1u);
}

TEST(Outbox, TargetsThatAreNoLongerConfiguredAreGivenUpAndCounted) {
    const ScratchFolder folder("outbox");
    const auto outbox = opened(posix_file_system(), folder / "outbox");
    ASSERT_TRUE(is_ok(outbox->put(message_of("e"), kBoth)));
    ASSERT_TRUE(is_ok(outbox->put(message_of("f"), {"smtp:a@b"})));
    ASSERT_TRUE(is_ok(outbox->keep_targets({"syslog"})));
    EXPECT_EQ(outbox->state().pending, 1u);
    EXPECT_EQ(outbox->state().given_up, 2u);
    EXPECT_TRUE(outbox->next("syslog").has_value());
}

TEST(Outbox, ADamagedFileIsSetAsideAndTold) {
    const ScratchFolder folder("outbox");
    auto outbox = opened(posix_file_system(), folder / "outbox");
    ASSERT_TRUE(is_ok(outbox->put(message_of("e"), kBoth)));
    ASSERT_TRUE(is_ok(outbox->put(message_of("f"), kBoth)));
    outbox.reset();
    std::ofstream(folder / "outbox/0000000000000001.json") << "{\"format\":1,";
    std::ofstream(folder / "outbox/0000000000000009.json.tmp-12") << "half";
    outbox = opened(posix_file_system(), folder / "outbox");
    EXPECT_EQ(outbox->state().pending, 1u);
    EXPECT_EQ(outbox->state().unreadable, 1u);
    EXPECT_EQ(::access((folder / "outbox/0000000000000001.json.damaged").c_str(), F_OK), 0);
    EXPECT_NE(::access((folder / "outbox/0000000000000009.json.tmp-12").c_str(), F_OK), 0);
}

TEST(Outbox, OneServiceAFolder) {
    const ScratchFolder folder("outbox");
    const auto outbox = opened(posix_file_system(), folder / "outbox");
    EXPECT_TRUE(fails_with(Code::busy, Outbox::open(posix_file_system(), folder / "outbox")));
}

TEST(Outbox, OnAFullDiskAMessageIsStillDeliveredAndWrittenLater) {
    PowerCutFileSystem files;
    const auto outbox = opened(files, "/state/outbox");
    files.set_capacity(1);
    const AlertMessage message = message_of("medium_full/disk-a");
    EXPECT_TRUE(fails_with(Code::no_space, outbox->put(message, kBoth)));
    EXPECT_EQ(*outbox->next("syslog"), message);
    EXPECT_EQ(outbox->state().not_durable, 1u);
    files.set_capacity(0);
    ASSERT_TRUE(is_ok(outbox->write_pending()));
    EXPECT_EQ(outbox->state().not_durable, 0u);
    EXPECT_EQ(*opened(*files.cut(0), "/state/outbox")->next("syslog"), message);
}

// A power cut before every sync: what put() said was queued is there, what was struck off may be there once more, no file is
// torn.
TEST(Outbox, SurvivesAPowerCutAtAnyMoment) {
    PowerCutFileSystem files;
    std::set<std::string> queued, struck;
    int cuts = 0;
    const auto check = [&] {
        for (std::uint64_t seed = 0; seed < 5; ++seed) {
            const auto image = files.cut(seed);
            const auto after = Outbox::open(*image, "/state/outbox");
            if (!after.ok() && queued.empty()) continue;  // the folder itself was being made
            ASSERT_TRUE(is_ok(after));
            EXPECT_EQ((*after)->state().unreadable, 0u);
            const auto keys = keys_for(**after, "syslog");
            for (const std::string& key : queued) EXPECT_EQ(std::count(keys.begin(), keys.end(), key + ":first"), 1) << key;
            ++cuts;
        }
    };
    files.set_barrier_hook([&](const std::string&) { check(); });
    const auto outbox = opened(files, "/state/outbox");
    for (int i = 0; i < 6; ++i) {
        const std::string key = "e" + std::to_string(i);
        ASSERT_TRUE(is_ok(outbox->put(message_of(key), kBoth)));
        queued.insert(key);
    }
    while (const auto message = outbox->next("smtp:a@b")) ASSERT_TRUE(is_ok(outbox->delivered(message->id, "smtp:a@b")));
    EXPECT_GT(cuts, 50);
}

// The child says each id that put() took; it is killed at a moment that it does not choose.
TEST(Outbox, SurvivesAKilledProcess) {
    const ScratchFolder folder("outbox");
    std::set<std::string> promised;
    for (int round = 0; round < 5; ++round) {
        int pipe_ends[2];
        ASSERT_EQ(::pipe(pipe_ends), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            auto outbox = Outbox::open(posix_file_system(), folder / "outbox", {100'000, 1u << 30, 10});
            for (int i = 0; outbox.ok(); ++i) {
                const AlertMessage message = message_of("round" + std::to_string(round) + "/" + std::to_string(i));
                if (!(*outbox)->put(message, kBoth).ok()) break;
                if (::write(pipe_ends[1], message.id.data(), message.id.size()) != 32) break;
            }
            ::_exit(1);
        }
        ::close(pipe_ends[1]);
        char id[32];
        for (int i = 0; i < 3 + 7 * round; ++i) {
            ASSERT_EQ(::read(pipe_ends[0], id, sizeof id), 32);
            promised.emplace(id, sizeof id);
        }
        ASSERT_EQ(::kill(child, SIGKILL), 0);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status));
        while (::read(pipe_ends[0], id, sizeof id) == 32) promised.emplace(id, sizeof id);
        ::close(pipe_ends[0]);
    }
    const auto outbox = opened(posix_file_system(), folder / "outbox");
    std::set<std::string> there;
    while (const auto message = outbox->next("syslog", there)) there.insert(message->id);
    EXPECT_TRUE(std::includes(there.begin(), there.end(), promised.begin(), promised.end()));
    EXPECT_LE(there.size(), promised.size() + 5) << "one a round may have been taken without its being said";
    EXPECT_EQ(outbox->state().unreadable, 0u);
}

}  // namespace
}  // namespace custody
