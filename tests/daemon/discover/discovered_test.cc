// What a machine has, and what of it no plan covers (duty B10).
#include "daemon/discover/discovered.h"

#include "base/sqlite.h"
#include "daemon/config/reader.h"
#include "daemon/discover/local_places.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/recorded_machine.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>

namespace custody::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> points_of(const Discovered& found) {
    std::vector<std::string> points;
    for (const FoundFileSystem& each : found.file_systems) points.push_back(each.mount_point);
    return points;
}

std::vector<std::string> devices_of(const Discovered& found) {
    std::vector<std::string> devices;
    for (const FoundDisk& each : found.disks) devices.push_back(each.device);
    return devices;
}

TEST(Discover, FileSystemsWithDataOnceEachAndDisksThatNothingUses) {
    RecordedMachine machine;
    machine.disk("sda");
    machine.partition("sda", "sda1");
    machine.partition("sda", "sda2");
    machine.disk("sdb");
    machine.disk("sdc");
    machine.disk("sdd");
    machine.stacked("md0", {"sdc", "sdd"});
    machine.disk("sde");
    machine.disk("sr0");
    machine.mount("/", "sda1", "ext4");
    machine.mount("/proc", "", "proc", "proc");
    machine.mount("/run", "", "tmpfs", "tmpfs");
    machine.mount("/srv", "md0", "xfs");
    machine.mount("/srv/bind", "md0", "xfs");  // the same file system again
    machine.mount("/snap/core", "", "squashfs", "/dev/loop0");
    machine.mount("/var/lib/docker/overlay2/x/merged", "", "overlay", "overlay");
    machine.mount("/mnt/share", "", "nfs4", "server:/export");
    const auto found = discover(machine.view());
    ASSERT_TRUE(is_ok(found));
    EXPECT_THAT(points_of(*found), ElementsAre("/", "/mnt/share", "/srv"));
    EXPECT_THAT(devices_of(*found), ElementsAre("/dev/sda2", "/dev/sdb", "/dev/sde"));
    EXPECT_EQ("/dev/md0", found->file_systems[2].device);
    EXPECT_THAT(found->file_systems[0].other_names, ElementsAre("/dev/sda")) << "an image of the disk holds its partition";
    EXPECT_THAT(found->file_systems[2].other_names, IsEmpty()) << "one disk of a RAID does not";
}

TEST(Discover, WhatAnotherMountCoversIsNotSeen) {
    RecordedMachine machine;
    machine.disk("sda");
    machine.disk("sdb");
    machine.mount("/srv", "sda", "ext4");
    machine.mount("/srv", "sdb", "xfs");
    const auto found = discover(machine.view());
    ASSERT_TRUE(is_ok(found));
    ASSERT_THAT(points_of(*found), ElementsAre("/srv"));
    EXPECT_EQ("xfs", found->file_systems[0].type);
}

TEST(Discover, ThisMachineWithADiskOfItsOwn) {
    std::string why_not;
    const auto disk = LoopFileSystem::make("ext4", std::uint64_t{48} << 20, why_not);
    if (!disk) GTEST_SKIP() << why_not;
    auto found = discover();
    ASSERT_TRUE(is_ok(found));
    EXPECT_THAT(points_of(*found), testing::Not(testing::Contains(disk->path()))) << "nothing but lost+found is no data";
    write_file(disk->path() + "/letter", "dear");
    found = discover();
    ASSERT_TRUE(is_ok(found));
    const FoundFileSystem* seen = nullptr;
    for (const FoundFileSystem& each : found->file_systems) {
        if (each.mount_point == disk->path()) seen = &each;
    }
    ASSERT_NE(nullptr, seen);
    EXPECT_EQ("ext4", seen->type);
    EXPECT_EQ(disk->device(), seen->device);
    EXPECT_GT(seen->size_bytes, seen->used_bytes);
    EXPECT_THAT(not_covered({}, *found), testing::Contains(HasSubstr(disk->path())));
    EXPECT_THAT(devices_of(*found), testing::Not(testing::Contains(disk->device())));
    const auto loose = LoopDevice::make(std::uint64_t{48} << 20, why_not);
    ASSERT_NE(nullptr, loose) << why_not;
    found = discover();
    ASSERT_TRUE(is_ok(found));
    EXPECT_THAT(devices_of(*found), testing::Contains(loose->path())) << "nothing uses it: it may become a medium";
}

// A tree as Debian keeps its databases.
class LocalPlaces : public testing::Test {
protected:
    void SetUp() override {
        for (const char* folder :
             {"/var/run/postgresql", "/etc/postgresql/15/main", "/etc/postgresql/15/old", "/var/lib/postgresql/15/main",
              "/data/old", "/var/lib/mysql/mysql", "/srv/app/cache", "/var/lib/custody", "/opt", "/home/lan"})
            fs::create_directories(folder_.path() + folder);
    }
    void socket(const std::string& path) {
        Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string full = folder_.path() + path;
        ASSERT_LT(full.size(), sizeof address.sun_path);
        std::memcpy(address.sun_path, full.c_str(), full.size());
        ASSERT_EQ(0, ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
    }
    void sqlite(const std::string& path) {
        auto database = sqlite::Database::open(folder_.path() + path, sqlite::OpenOptions{.access = sqlite::Access::create});
        ASSERT_TRUE(is_ok(database));
        EXPECT_TRUE(is_ok(database->execute("CREATE TABLE t(x)")));
    }
    std::vector<std::string> found() const {
        std::vector<std::string> lines;
        for (const FoundDatabase& each : find_databases(folder_.path())) lines.push_back(each.kind + " " + each.place);
        return lines;
    }
    ScratchFolder folder_{"places"};
};

TEST_F(LocalPlaces, ServersByTheirSocketsElseByTheirFolders) {
    write_file(folder_ / "etc/postgresql/15/main/postgresql.conf", "# port = 1\nport = 5433\t# ours\n");
    write_file(folder_ / "etc/postgresql/15/old/postgresql.conf", "data_directory = '/data/old'\nport = 5499\n");
    write_file(folder_ / "var/lib/postgresql/15/main/PG_VERSION", "15\n");
    write_file(folder_ / "data/old/PG_VERSION", "15\n");
    EXPECT_THAT(found(),
                UnorderedElementsAre("postgresql /var/lib/postgresql/15/main", "postgresql /data/old", "mariadb /var/lib/mysql"));
    socket("/var/run/postgresql/.s.PGSQL.5433");
    write_file(folder_ / "var/run/postgresql/.s.PGSQL.5433.lock", "1\n");
    fs::create_directories(folder_ / "run/mysqld");
    socket("/run/mysqld/mysqld.sock");
    EXPECT_THAT(found(), UnorderedElementsAre("postgresql /var/run/postgresql/.s.PGSQL.5433", "postgresql /data/old",
                                              "mariadb /run/mysqld/mysqld.sock"));
}

TEST_F(LocalPlaces, SqliteByTheHeaderWhateverItsName) {
    fs::remove_all(folder_ / "var/lib/mysql");
    sqlite("/srv/app/cache/records");
    sqlite("/var/lib/custody/catalog.db");  // our own: backed up every night
    write_file(folder_ / "srv/app/empty.db", "SQLite format 3");
    write_file(folder_ / "srv/app/text.sqlite", std::string(2000, 'x'));
    fs::create_symlink("records", folder_ / "srv/app/cache/link.db");
    EXPECT_THAT(found(), ElementsAre("sqlite /srv/app/cache/records"));
    std::string deep = "/srv";
    for (int i = 0; i < kMaxSearchDepth; ++i) deep += "/deep";
    fs::create_directories(folder_.path() + deep);
    sqlite(deep + "/too.db");
    EXPECT_THAT(found(), ElementsAre("sqlite /srv/app/cache/records")) << "the search is bounded";
}

TEST_F(LocalPlaces, FoldersWithAFileOfSomebodyInThem) {
    write_file(folder_ / "home/lan/.bashrc", "# of every account\n");
    fs::create_directories(folder_ / "usr/local/bin");
    EXPECT_THAT(find_data_folders(folder_.path()), IsEmpty());
    write_file(folder_ / "home/lan/don.odt", "kính gửi\n");
    EXPECT_THAT(find_data_folders(folder_.path()), ElementsAre("/home"));
}

// ---- coverage -------------------------------------------------------------------------------------------------------------

Discovered machine() {
    Discovered found;
    found.file_systems = {{"/", "ext4", "/dev/sda1", {"/dev/sda"}, 100, 50},
                          {"/boot", "ext4", "/dev/sda2", {"/dev/sda"}, 100, 50},
                          {"/mnt/disk-a", "ext4", "/dev/sdb1", {"/dev/sdb"}, 100, 50},
                          {"/srv", "xfs", "/dev/sdc1", {"/dev/sdc", "/dev/disk/by-uuid/1234"}, 100, 50},
                          {"/srv/share", "nfs4", "server:/x", {}, 100, 50}};
    found.data_folders = {"/home", "/srv"};
    found.databases = {
        {"postgresql", "/var/run/postgresql/.s.PGSQL.5432"}, {"mariadb", "/run/mysqld/mysqld.sock"}, {"sqlite", "/srv/app.db"}};
    return found;
}

std::vector<std::string> uncovered(const std::string& plans) {
    const std::string text = "[[medium]]\nname = \"a\"\nvault = \"/mnt/disk-a/vault\"\n" + plans;
    const ConfigReading reading = read_config("c.toml", text);
    EXPECT_TRUE(reading.sound()) << reading.faults.front().line("c.toml");
    return not_covered(reading.config, machine());
}

std::string plan(const std::string& name, const std::string& source) {
    return "[[plan]]\nname = \"" + name + "\"\nlabel = \"business\"\nschedule = \"@daily\"\nsource = " + source + "\n";
}

TEST(NotCovered, EverythingWithoutAPlanButTheSystemAndTheVaults) {
    EXPECT_THAT(uncovered(""), ElementsAre(HasSubstr("/srv (xfs"), HasSubstr("/srv/share (nfs4"), HasSubstr("below /home"),
                                           HasSubstr("PostgreSQL"), HasSubstr("MariaDB"), HasSubstr("/srv/app.db")));
}

TEST(NotCovered, WhatAPlanNamesHoldsOrLeavesOut) {
    const std::string databases = plan("p", "{ postgresql = \"service=x\" }") + plan("m", "{ mariadb = \"/etc/x.cnf\" }") +
                                  plan("s", "{ sqlite = \"/srv/app.db\" }") + plan("h", "{ files = [\"/home\"] }");
    EXPECT_THAT(uncovered(databases + plan("f", "{ files = [\"/srv\"] }")), IsEmpty());
    EXPECT_THAT(uncovered(databases + plan("f", "{ files = [\"/srv\"], one_file_system = true }")),
                ElementsAre(HasSubstr("/srv/share")));
    EXPECT_THAT(uncovered(databases + plan("f", "{ files = [\"/srv\"], exclude = [\"share\"] }")),
                ElementsAre(HasSubstr("/srv/share")));
    EXPECT_THAT(uncovered(databases + plan("f", "{ files = [\"/srv\"], exclude = [\"/srv/share/\"] }")),
                ElementsAre(HasSubstr("/srv/share")));
    EXPECT_THAT(uncovered(databases + plan("f", "{ files = [\"/\"] }")), IsEmpty());
    EXPECT_THAT(uncovered(databases + plan("f", "{ files = [\"/srv/share\"] }")), ElementsAre(HasSubstr("/srv (xfs")));
    EXPECT_THAT(uncovered(databases + plan("f", "{ files = [\"/srv/docs\"] }")),
                ElementsAre(AllOf(HasSubstr("/srv (xfs"), HasSubstr("but for /srv/docs")), HasSubstr("/srv/share")));
    for (const char* image : {"/dev/sdc1", "/dev/sdc", "/dev/disk/by-uuid/1234"}) {
        EXPECT_THAT(uncovered(databases + plan("i", "{ image = \"" + std::string(image) + "\" }")),
                    ElementsAre(HasSubstr("/srv/share")));
    }
}

TEST(NotCovered, ADatabaseIsCoveredByItsOwnKindAlone) {
    const auto lines = uncovered(plan("f", "{ files = [\"/\"] }") + plan("s", "{ sqlite = \"/srv/other.db\" }"));
    EXPECT_THAT(lines, ElementsAre(HasSubstr("PostgreSQL"), HasSubstr("MariaDB"), HasSubstr("/srv/app.db")));
}

}  // namespace
}  // namespace custody::test
