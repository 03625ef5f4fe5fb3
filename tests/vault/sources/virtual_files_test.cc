// Contents that are produced when their turn comes: what a vault then holds, in which order they come, and that half is nothing.
#include "vault/sources/virtual_files.h"
#include "tests/support/backup_fixture.h"
#include "tests/support/results.h"
#include "vault/sources/program_output.h"

#include <gtest/gtest.h>

namespace custody::test {
namespace {

class VirtualFilesTest : public testing::Test, protected BackupFixture {
protected:
    VirtualFile file(const std::string& path, const std::string& content) {
        return {path, [this, path, content]() -> Result<std::unique_ptr<FileContent>> {
                    order.push_back(path);
                    return content_of(Bytes(content.begin(), content.end()));
                }};
    }
    VirtualFile program(const std::string& path, const std::string& script) {
        return {path, [this, path, script] {
                    order.push_back(path);
                    ProgramOutput output;
                    output.process.arguments = {"sh", "-c", script};
                    output.what = "the dump";
                    return open_program_output(std::move(output), stop);
                }};
    }
    Result<BackupResult> store_tree(std::vector<VirtualFile> files) {
        TRY_ASSIGN(const auto source, open_virtual_files({"postgresql", "/postgresql/portal", std::move(files), 0}, clock));
        return try_backup(*source);
    }
    std::vector<std::string> order;
};

TEST_F(VirtualFilesTest, AreStoredAsAFewFilesInTheOrderOfTheWalk) {
    const std::string large(3'000'000, 'd');
    const auto result = store_tree({file("evidence/counts.json", "{}"), file("databases/b.sql", large),
                                    program("databases/a.sql", "head -c 2000000 /dev/zero"), file("globals.sql", "roles")});
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(order, (std::vector<std::string>{"globals.sql", "databases/a.sql", "databases/b.sql", "evidence/counts.json"}));
    const StoredTree tree = read(result->snapshot);
    EXPECT_EQ(tree.at("/postgresql/portal/databases/a.sql").content, std::string(2'000'000, '\0'));
    EXPECT_EQ(tree.at("/postgresql/portal/databases/b.sql").content, large);
    EXPECT_EQ(tree.at("/postgresql/portal/evidence/counts.json").content, "{}");
    EXPECT_EQ(tree.at("/postgresql/portal/globals.sql").entry.attributes.mode, 0600U);
    EXPECT_EQ(tree.at("/postgresql/portal").entry.attributes.mode, 0700U);
    EXPECT_TRUE(tree.at("/postgresql").entry.attributes_only);
    const auto snapshot = repository->read_snapshot(result->snapshot);
    EXPECT_EQ(snapshot->summary.kind, "postgresql");
    EXPECT_EQ(snapshot->summary.paths, std::vector<std::string>{"/postgresql/portal"});
    EXPECT_EQ(result->files.added, 4U);
    EXPECT_EQ(result->reconciled.files, 0U);
}

TEST_F(VirtualFilesTest, TheSameContentIsStoredOnceAndReadAgain) {
    ASSERT_TRUE(is_ok(store_tree({program("databases/a.sql", "seq 1 800000")})));
    clock.advance(kDay);
    const auto again = store_tree({program("databases/a.sql", "seq 1 800000")});
    ASSERT_TRUE(is_ok(again));
    EXPECT_EQ(order.size(), 2U);
    EXPECT_EQ(again->bytes.added, 0U);
}

TEST_F(VirtualFilesTest, LaterOnesMayTellOfEarlierOnes) {
    auto rows = std::make_shared<std::size_t>(0);
    VirtualFile dump = program("databases/a.sql", "");
    dump.open = [this, rows] {
        ProgramOutput output;
        output.process.arguments = {"seq", "1000"};
        output.what = "seq";
        output.look = [rows](ByteView piece) {
            *rows += static_cast<std::size_t>(std::count(piece.begin(), piece.end(), '\n'));
            return done();
        };
        return open_program_output(std::move(output), stop);
    };
    VirtualFile evidence{"evidence/counts.json", [rows]() -> Result<std::unique_ptr<FileContent>> {
                             const std::string text = std::to_string(*rows);
                             return content_of(Bytes(text.begin(), text.end()));
                         }};
    const auto result = store_tree({evidence, dump});
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(read(result->snapshot).at("/postgresql/portal/evidence/counts.json").content, "1000");
}

TEST_F(VirtualFilesTest, AFailingOneEndsTheRunWithoutASnapshot) {
    const auto half = store_tree(
        {program("databases/a.sql", "seq 1 800000; echo 'server went away' >&2; exit 1"), file("evidence/counts.json", "{}")});
    ASSERT_TRUE(fails_with(Code::failed, half));
    EXPECT_EQ(half.error().message, "the dump failed: exit code 1: server went away");
    EXPECT_EQ(order, std::vector<std::string>{"databases/a.sql"});
    const auto empty = store_tree({program("databases/a.sql", "true")});
    ASSERT_TRUE(fails_with(Code::failed, empty));
    EXPECT_NE(empty.error().message.find("printed nothing"), std::string::npos);
    VirtualFile absent = file("databases/a.sql", "");
    absent.open = []() -> Result<std::unique_ptr<FileContent>> { return Error{Code::not_found, "no such database"}; };
    EXPECT_TRUE(fails_with(Code::not_found, store_tree({absent})));
    EXPECT_EQ(count("snapshots/"), 0U);
}

TEST_F(VirtualFilesTest, PathsThatAreNoneAreRefused) {
    for (const char* path : {"", "../a", "a//b", "a/", "a/./b", "/a"})
        EXPECT_TRUE(fails_with(Code::usage, store_tree({file(path, "x")}))) << path;
    EXPECT_TRUE(fails_with(Code::usage, store_tree({file("a", "x"), file("a", "y")})));
    EXPECT_TRUE(fails_with(Code::usage, store_tree({file("a", "x"), file("a/b", "y")})));
    EXPECT_EQ(path_component("a/b%.c"), "a%2Fb%25.c");
    EXPECT_EQ(path_component(".."), "%2E.");
    EXPECT_EQ(path_component("địa chính"), "địa chính");
}

}  // namespace
}  // namespace custody::test
