// Files that change, shrink, vanish or grow while they are read, and runs that are interrupted.
#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/meddling_source.h"
#include "tests/support/results.h"
#include "vault/archiver.h"
#include "vault/sources/stream.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <vector>

namespace custody {
namespace {

using test::fails_with;
using test::Meddling;
using test::MeddlingSource;
using test::noise;
using test::write_file;

class ArchiverChangesTest : public ::testing::Test, public test::BackupFixture {};

std::string text_on_disk(const std::string& path) { return test::read_file_text(path); }

TEST_F(ArchiverChangesTest, AFileThatChangesOnceWhileReadIsReadAgainAndOneThatAlwaysDoesIsMarked) {
    options.threads = 1;
    for (const std::string size : {"small", "large"}) {
        write_file(at("once " + size), size);
        write_file(at("always " + size), size);
        if (size == "small") continue;
        write_file(at("once large"), noise(2'000'000, 7));
        write_file(at("always large"), noise(2'000'000, 8));
    }
    std::map<std::string, int> opened;
    Meddling meddling;
    meddling.after_open = [&](const std::string& name) {
        const int times = ++opened[name];
        if (name.starts_with("once") && times > 1) return;
        const int fd = ::open(at(name).c_str(), O_WRONLY | O_APPEND);
        if (fd < 0) return;
        EXPECT_EQ(::write(fd, "+", 1), 1);
        ::close(fd);
    };
    MeddlingSource source(open_file_tree(tree_options, notes), meddling);
    const BackupResult result = backup(source);
    const auto tree = read(result.snapshot);
    for (const char* name : {"once small", "once large"}) {
        EXPECT_FALSE(tree.at(at(name)).entry.changed_while_read) << name;
        EXPECT_TRUE(tree.at(at(name)).content == text_on_disk(at(name))) << name;
    }
    for (const char* name : {"always small", "always large"}) {
        EXPECT_TRUE(tree.at(at(name)).entry.changed_while_read) << name;
        EXPECT_TRUE(text_on_disk(at(name)).starts_with(tree.at(at(name)).content)) << name;
        EXPECT_TRUE(std::any_of(result.warnings.begin(), result.warnings.end(), [&](const std::string& warning) {
            return warning.find(name) != std::string::npos;
        })) << name;
    }
    EXPECT_EQ(repository->read_snapshot(result.snapshot)->summary.changed_while_read, 2u);
    let_settle();
    EXPECT_GE(backup().files.changed, 2u);  // a marked file is never taken for unchanged
}

TEST_F(ArchiverChangesTest, AFileThatShrinksWhileReadIsStoredAsFarAsItWentAndMarked) {
    write_file(at("shrinks"), noise(4'000'000, 9));
    write_file(at("small"), noise(100'000, 10));
    std::map<std::string, int> sizes = {{"shrinks", 3'000'000}, {"small", 90'000}};
    Meddling meddling;
    meddling.after_open = [&](const std::string& name) {
        if (sizes.contains(name)) {
            ASSERT_EQ(::truncate(at(name).c_str(), sizes[name] /= 2), 0);
        }
    };
    MeddlingSource source(open_file_tree(tree_options, notes), meddling);
    const BackupResult result = backup(source);
    const auto tree = read(result.snapshot);
    for (const char* name : {"shrinks", "small"}) {
        const auto& stored = tree.at(at(name));
        EXPECT_TRUE(stored.entry.changed_while_read) << name;
        EXPECT_EQ(stored.content.size(), stored.entry.content.size) << name;
        EXPECT_TRUE(stored.content == text_on_disk(at(name))) << name;
    }
}

TEST_F(ArchiverChangesTest, WhatVanishesIsNamedAndNoFailureAndOneThatGrowsLargeIsStoredWhole) {
    options.threads = 1;
    folder("goes");
    write_file(at("goes/inside"), "x");
    write_file(at("grows"), "small");
    write_file(at("vanishes"), "x");
    write_file(at("stays"), "stays");
    bool meddled = false;
    Meddling meddling;
    meddling.after_step = [&](const SourceStep& step) {
        if (step.what != SourceStep::What::piece || step.folder->path() != top) return;
        meddled = true;  // listed, and not read yet
        write_file(at("grows"), noise(5'000'000, 11));
        ASSERT_EQ(::unlink(at("vanishes").c_str()), 0);
        std::filesystem::remove_all(at("goes"));
    };
    MeddlingSource source(open_file_tree(tree_options, notes), meddling);
    const BackupResult result = backup(source);
    EXPECT_TRUE(meddled);
    EXPECT_EQ(result.files.failed, 0u);
    EXPECT_EQ(repository->read_snapshot(result.snapshot)->summary.failed, 0u);
    const auto told = [&](const std::string& path) {
        return std::count(result.warnings.begin(), result.warnings.end(),
                          path + " vanished before it could be read: it is not in this backup");
    };
    EXPECT_EQ(told(at("vanishes")), 1);
    const auto tree = read(result.snapshot);
    EXPECT_FALSE(tree.contains(at("vanishes")));
    EXPECT_TRUE(tree.at(at("grows")).content == text_on_disk(at("grows")));
    EXPECT_EQ(tree.at(at("stays")).content, "stays");
}

// It was asked for by name: that it is not there is not as usual.
TEST_F(ArchiverChangesTest, ANamedPathThatVanishesIsAFailure) {
    write_file(at("named"), "x");
    write_file(at("other"), "y");
    tree_options.paths = {at("named"), at("other")};
    Meddling meddling;
    meddling.after_step = [&](const SourceStep& step) {
        if (step.what == SourceStep::What::piece && step.folder->path() == top) (void)::unlink(at("named").c_str());
    };
    MeddlingSource source(open_file_tree(tree_options, notes), meddling);
    const BackupResult result = backup(source);
    EXPECT_EQ(result.files.failed, 1u);
    EXPECT_NE(result.failed_items.at(0).find("named"), std::string::npos);
}

// The kernel makes them up while they are read: what they say of their size is 0 or a page.
TEST_F(ArchiverChangesTest, FilesOfTheKernelAreStoredAsTheyRead) {
    const std::vector<std::string> files = {"/proc/cmdline", "/proc/version", "/sys/kernel/mm/transparent_hugepage/enabled",
                                            "/sys/kernel/notes", "/proc/sys/kernel/pty/max"};  // refuses long reads
    tree_options.paths.clear();
    std::map<std::string, std::string> content;
    for (const std::string& file : files) {
        if (::access(file.c_str(), R_OK) != 0) continue;
        tree_options.paths.push_back(file);
        content[file] = text_on_disk(file);
    }
    ASSERT_TRUE(content.contains("/proc/version"));  // /proc is everywhere; the others are a kernel's choice
    const BackupResult first = backup();
    EXPECT_EQ(first.files.failed, 0u);
    EXPECT_EQ(first.reconciled.mismatches, 0u);
    EXPECT_EQ(first.reconciled.bytes, first.bytes.scanned);
    for (const std::string& line : first.warnings) EXPECT_EQ(line.find("changed while"), std::string::npos) << line;
    const auto tree = read(first.snapshot);
    for (const auto& [file, text] : content) {
        EXPECT_FALSE(text.empty()) << file;
        EXPECT_EQ(tree.at(file).content, text) << file;
        EXPECT_EQ(tree.at(file).entry.content.size, text.size()) << file;
        EXPECT_FALSE(tree.at(file).entry.changed_while_read) << file;
    }
    let_settle();
    EXPECT_EQ(backup().files.unchanged, content.size());  // read again: nothing else can tell
    EXPECT_GT(backup().bytes.read, 0u);
}

TEST_F(ArchiverChangesTest, AFileOfTheKernelWithoutEndIsNamedAndLeftOut) {
    const std::string endless = "/proc/self/pagemap";
    const int reason = ::access(endless.c_str(), R_OK) == 0 ? 0 : errno;
    if (reason == ENOENT) GTEST_SKIP() << "this kernel was built without pagemap";
    ASSERT_EQ(reason, 0) << std::strerror(reason);
    write_file(at("stays"), "stays");
    tree_options.paths = {"/proc/" + std::to_string(::getpid()) + "/pagemap", top};
    const BackupResult result = backup();
    EXPECT_EQ(result.files.failed, 1u);
    EXPECT_NE(result.failed_items.at(0).find("pagemap"), std::string::npos);
    EXPECT_EQ(read(result.snapshot).at(at("stays")).content, "stays");
}

TEST_F(ArchiverChangesTest, TheSecondLookNamesWhatChangedAfterItWasRead) {
    for (const char* name : {"a", "b", "z"}) write_file(at(name), "12345");
    Meddling meddling;
    meddling.before_second_look = [&] {
        write_file(at("a"), "1234567");
        ASSERT_EQ(::unlink(at("z").c_str()), 0);
    };
    MeddlingSource source(open_file_tree(tree_options, notes), meddling);
    const BackupResult result = backup(source);
    EXPECT_EQ(result.reconciled.files, 1u);
    EXPECT_EQ(result.reconciled.bytes, 5u);
    EXPECT_GE(result.reconciled.mismatches, 2u);
    const auto told = [&](const std::string& text) {
        return std::any_of(result.warnings.begin(), result.warnings.end(),
                           [&](const std::string& warning) { return warning.find(text) != std::string::npos; });
    };
    EXPECT_TRUE(told("/a went from 5 bytes to 7 since it was read"));
    EXPECT_TRUE(told("/z has vanished since it was read"));
}

// The first name of an inode goes, or becomes another file, after its folder was listed: the other names are what they were.
TEST_F(ArchiverChangesTest, TheOtherNamesOfAFileAreReadWhenItsFirstNameCannotBe) {
    folder("a");
    folder("z");
    const std::vector<std::string> sizes = {"empty", "small", "large"};
    std::map<std::string, std::string> content = {{"empty", ""}, {"small", noise(1000, 4)}, {"large", noise(3'000'000, 5)}};
    for (const std::string& size : sizes) {
        for (const std::string fate : {"gone", "replaced"}) {
            write_file(at("a/" + fate + size), content[size]);
            ASSERT_EQ(::link(at("a/" + fate + size).c_str(), at("z/" + fate + size).c_str()), 0);
            ASSERT_EQ(::link(at("a/" + fate + size).c_str(), at("z/" + fate + size + "2").c_str()), 0);
        }
    }
    Meddling meddling;
    meddling.after_step = [&](const SourceStep& step) {
        if (step.what != SourceStep::What::piece || step.folder->path() != at("a")) return;
        for (const std::string& size : sizes) {
            ASSERT_EQ(::unlink(at("a/gone" + size).c_str()), 0);
            ASSERT_EQ(::unlink(at("a/replaced" + size).c_str()), 0);
            write_file(at("a/replaced" + size), "another");
        }
    };
    MeddlingSource source(open_file_tree(tree_options, notes), meddling);
    const BackupResult result = backup(source);
    EXPECT_EQ(result.files.failed, 0u);
    EXPECT_EQ(result.files.added, 15u);
    for (const std::string& size : sizes) {
        EXPECT_EQ(std::count(result.warnings.begin(), result.warnings.end(),
                             at("a/gone" + size) + " vanished before it could be read: it is not in this backup"),
                  1);
    }
    const auto tree = read(result.snapshot);
    for (const std::string& size : sizes) {
        EXPECT_FALSE(tree.contains(at("a/gone" + size)));
        EXPECT_EQ(tree.at(at("a/replaced" + size)).content, "another");
        EXPECT_EQ(tree.at(at("a/replaced" + size)).entry.hard_link, 0u);
        for (const std::string fate : {"gone", "replaced"}) {
            const auto& one = tree.at(at("z/" + fate + size));
            const auto& two = tree.at(at("z/" + fate + size + "2"));
            EXPECT_TRUE(one.content == content[size]) << fate << size;
            EXPECT_TRUE(two.content == content[size]) << fate << size;
            EXPECT_NE(one.entry.hard_link, 0u) << fate << size;
            EXPECT_EQ(one.entry.hard_link, two.entry.hard_link) << fate << size;
        }
    }
}

// Turns a bit of the buffers that are filled, as memory that fails would.
class BadMemory : public ArchiverChangesTest {
protected:
    void damage(int from, int times) {
        options.after_fill = [this, from, times](MutableByteView buffer) {
            if (buffer.empty()) return;  // of a batch of folders
            const int number = filled++;
            if (number >= from && number < from + times) buffer[buffer.size() / 2] ^= 0x10;
        };
    }
    // The words that point at the machine are there once for what was read again.
    static std::size_t told(const BackupResult& result) {
        return static_cast<std::size_t>(std::count_if(result.warnings.begin(), result.warnings.end(), [](const auto& warning) {
            return warning.find("test this machine's memory") != std::string::npos;
        }));
    }
    std::atomic<int> filled{0};
};

TEST_F(BadMemory, WhatChangedInABufferIsReadAgainOnceAndStoredAsItIs) {
    for (const std::size_t size : {std::size_t{100}, std::size_t{20'000'000}}) {
        const std::string name = "f" + std::to_string(size);
        write_file(at(name), noise(size, 21));
        filled = 0;
        damage(0, 1);
        const BackupResult result = backup();
        EXPECT_EQ(told(result), 1u) << size;
        EXPECT_EQ(result.files.failed, 0u);
        const auto tree = read(result.snapshot);
        EXPECT_TRUE(tree.at(at(name)).content == text_on_disk(at(name))) << size;
        EXPECT_FALSE(tree.at(at(name)).entry.changed_while_read);
    }
}

TEST_F(BadMemory, AWindowInTheMiddleOfALargeFileMakesTheWholeFileReadAgain) {
    write_file(at("large"), noise(20'000'000, 22));
    write_file(at("z small"), "behind it");
    damage(2, 1);
    const BackupResult result = backup();
    EXPECT_EQ(told(result), 1u);
    const auto tree = read(result.snapshot);
    EXPECT_TRUE(tree.at(at("large")).content == text_on_disk(at("large")));
    EXPECT_EQ(tree.at(at("z small")).content, "behind it");
}

TEST_F(BadMemory, TheSecondTimeTheRunFailsAndNamesMemory) {
    for (const std::size_t size : {std::size_t{100}, std::size_t{5'000'000}}) {
        write_file(at("f"), noise(size, 23));
        filled = 0;
        damage(0, 1000);
        const auto failed = try_backup();
        EXPECT_TRUE(fails_with(Code::memory, failed)) << size;
        EXPECT_NE(failed.error().message.find("memory"), std::string::npos);
        EXPECT_NE(failed.error().message.find(at("f")), std::string::npos) << failed.error().message;
        EXPECT_TRUE(repository->state().snapshots.empty());
    }
}

TEST_F(BadMemory, AStreamCannotBeReadAgain) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::write(ends[1], "stream", 6), 6);
    ::close(ends[1]);
    damage(0, 1);
    const auto source = open_stream(ends[0], "dump.sql", clock).value();
    EXPECT_TRUE(fails_with(Code::memory, try_backup(*source)));
    EXPECT_TRUE(repository->state().snapshots.empty());
    ::close(ends[0]);
}

TEST_F(ArchiverChangesTest, AnInterruptedRunLeavesWhatItStoredForTheNext) {
    for (int i = 0; i < 30; ++i) write_file(at("f" + std::to_string(i)), noise(1'000'000, 100 + static_cast<unsigned>(i)));
    int opened = 0;
    Meddling meddling;
    meddling.after_open = [&](const std::string&) {
        if (++opened == 20) stop.request();
    };
    MeddlingSource source(open_file_tree(tree_options, notes), meddling);
    EXPECT_TRUE(fails_with(Code::interrupted, try_backup(source)));
    EXPECT_GE(count("packs/"), 1u);
    EXPECT_TRUE(repository->state().snapshots.empty());
    const StopFlag go_on;
    SilentProgress progress;
    const BackupResult result =
        run_backup(*repository, *open_file_tree(tree_options, notes).value(), options, progress, go_on).value();
    EXPECT_LE(result.bytes.added, 25'000'000u);
    EXPECT_TRUE(read(result.snapshot).at(at("f7")).content == text_on_disk(at("f7")));
    // What the interrupted run left is part of the vault now: nothing lies outside the ledger.
    for (const auto& [name, content] : store.objects()) {
        if (name.starts_with("packs/") || name.starts_with("index/")) {
            EXPECT_TRUE(repository->state().objects.contains(name)) << name;
        }
    }
}

}  // namespace
}  // namespace custody
