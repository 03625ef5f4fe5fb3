// Keyrings that do not hold every key of their family: older than a `key rotate`, or each rotated by itself. What such a one
// stores, it can restore; what it cannot open is said to be locked, never damaged.
#include "tests/cli/cli_fixture.h"

#include <set>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

// A host of its own: another keyring and cache over the office's vault.
struct Host {
    const Office& office;
    std::string name;

    Outcome operator()(std::vector<std::string> arguments) const { return run_with(std::move(arguments), "ba con trâu xanh"); }
    Outcome run_with(std::vector<std::string> arguments, const std::string& passphrase) const {
        Program program = office.custody.command(std::move(arguments));
        program.environment["CUSTODY_KEYRING"] = keyring();
        program.environment["CUSTODY_CACHE"] = office.folder / (name + "-cache");
        program.environment["CUSTODY_KIT_PASSPHRASE"] = "hai con trâu";
        program.environment["CUSTODY_PASSPHRASE"] = passphrase;
        return run(program);
    }
    [[nodiscard]] std::string keyring() const { return office.folder / (name + "-keyring"); }
    Outcome backup() const { return (*this)({"backup", office.source, "--label", "business", "--name", "srv", "--json"}); }
    // Whether the newest snapshot comes back as the source is now.
    void expect_restores(const std::string& target) const {
        const std::string folder = office.folder / target;
        const Outcome restored = (*this)({"restore", "latest:srv", "--target", folder, "--strip-prefix", office.source});
        ASSERT_EQ(restored.exit, 0) << name << ": " << restored.err;
        std::size_t files = 0;
        for (const auto& item : fs::recursive_directory_iterator(office.source)) {
            if (!item.is_regular_file() || item.is_symlink()) continue;
            ++files;
            const std::string back = folder + "/" + fs::relative(item.path(), office.source).string();
            EXPECT_EQ(read_file_text(back), read_file_text(item.path())) << back;
        }
        EXPECT_GT(files, 4u);
    }
};

bool says(const Outcome& outcome, const std::string& words) {
    return (outcome.out + outcome.err).find(words) != std::string::npos;
}

class StaleKeys : public testing::Test {
protected:
    // A vault whose newest snapshot is of epoch 2, and a kit of epoch 1.
    void SetUp() override {
        office_.fill_source();
        ASSERT_EQ(newest_({"init"}).exit, 0);
        ASSERT_EQ(newest_({"key", "export", "--recovery", "--output", kit_}).exit, 0);
        ASSERT_EQ(newest_.backup().exit, 0);
        fs::copy(newest_.keyring(), office_.folder / "put-aside", fs::copy_options::recursive);
        ASSERT_EQ(newest_({"key", "rotate", "--label", "business"}).exit, 0);
        fs::create_directories(office_.source + "/register");
        for (const char* file : {"1", "2", "3", "4", "5"}) write_file(office_.source + "/register/" + file, file);
        ASSERT_EQ(newest_.backup().exit, 0);
    }

    Office office_{"cli-stale-key"};
    const Host newest_{office_, "newest"}, stale_{office_, "stale"};
    const std::string kit_ = office_.folder / "kit";
};

TEST_F(StaleKeys, WhatAKeyringOutOfAnOlderKitBacksUpItCanRestore) {
    ASSERT_EQ(stale_({"key", "import", kit_}).exit, 0);
    const Outcome locked = stale_({"restore", "latest:srv", "--target", office_.folder / "none"});
    EXPECT_EQ(locked.exit, 8) << locked.err;
    EXPECT_TRUE(says(locked, "label business, epoch 2")) << locked.err;
    EXPECT_TRUE(says(locked, "the newest of that name that was made with keys of this keyring")) << locked.err;

    write_file(office_.source + "/hồ sơ/day", "day\n");
    const Outcome first = stale_.backup();
    ASSERT_EQ(first.exit, 0) << first.err;
    EXPECT_LT(json_of(first)["bytes"]["new"], 1000) << "what epoch 1 holds is relied on";
    EXPECT_TRUE(says(first, "lacks the key of label business")) << first.err;
    stale_.expect_restores("first");
    const Outcome second = stale_.backup();
    ASSERT_EQ(second.exit, 0) << second.err;
    EXPECT_EQ(json_of(second)["bytes"]["new"], 0);
    EXPECT_FALSE(says(second, "lacks the key of label")) << second.err;
    stale_.expect_restores("second");
    newest_.expect_restores("newest");
}

TEST_F(StaleKeys, AnOlderKeyringThatWasPutBackDoesNotTakeOverWhatTheCacheKnows) {
    fs::remove_all(newest_.keyring());
    fs::rename(office_.folder / "put-aside", newest_.keyring());
    const Outcome again = newest_.backup();
    ASSERT_EQ(again.exit, 0) << again.err;
    EXPECT_TRUE(says(again, "everything is read again")) << again.err;
    newest_.expect_restores("back");
    const Outcome unchanged = newest_.backup();
    EXPECT_FALSE(says(unchanged, "everything is read again")) << unchanged.err;
}

TEST_F(StaleKeys, VerifyAndStatusTellOfKeysThatAreNotHere) {
    EXPECT_FALSE(says(newest_({"status"}), "does not hold"));
    ASSERT_EQ(newest_({"verify", "--level", "full"}).exit, 0);
    ASSERT_EQ(stale_({"key", "import", kit_}).exit, 0);
    const Outcome status = stale_({"status", "--check"});
    EXPECT_EQ(status.exit, 1);
    EXPECT_TRUE(says(status, "1 snapshot was made with a key of label business, epoch 2")) << status.out;

    const Outcome structure = stale_({"verify"});
    EXPECT_EQ(structure.exit, 0) << structure.out;
    EXPECT_TRUE(says(structure, "1 snapshot was made with a key of label business, epoch 2")) << structure.err;
    for (const char* level : {"sample", "full"}) {
        const Outcome deep = stale_({"verify", "--level", level, "--json"});
        EXPECT_EQ(deep.exit, 8) << level << deep.out;
        const Json found = json_of(deep);
        EXPECT_EQ(found["ok"], false);
        EXPECT_EQ(found["damaged"], Json::array());
        EXPECT_GT(found["locked_packs"], 0);
        EXPECT_EQ(found["missing_keys"], Json::parse(R"([{"label": "business", "epoch": 2}])"));
        ASSERT_FALSE(found["locked"].empty()) << level;
        const std::string last = json_of(stale_({"snapshots", "--json"})).back()["id"];
        for (const Json& each : found["locked"]) EXPECT_EQ(each["snapshot"], last) << "the one of epoch 2 alone";
    }
    const Outcome full = stale_({"verify", "--level", "full"});
    EXPECT_TRUE(says(full, "no damage in all else")) << full.out;
    EXPECT_TRUE(says(full, "LOCKED")) << full.out;
    EXPECT_EQ(stale_({"repair"}).exit, 0);
    EXPECT_EQ(newest_({"verify", "--level", "full"}).exit, 0);
}

// Each made an epoch 2 of its own.
TEST_F(StaleKeys, TwoKeyringsThatWereBothRotatedCallEachOthersPacksLockedAndNotDamaged) {
    ASSERT_EQ(stale_({"key", "import", kit_}).exit, 0);
    ASSERT_EQ(stale_({"key", "rotate", "--label", "business"}).exit, 0);
    write_file(office_.source + "/theirs", noise(300'000, 7));
    ASSERT_EQ(stale_.backup().exit, 0);
    stale_.expect_restores("stale");

    const Outcome locked = newest_({"restore", "latest:srv", "--target", office_.folder / "none"});
    EXPECT_EQ(locked.exit, 8) << locked.err;
    EXPECT_TRUE(says(locked, "another keyring of the family was rotated")) << locked.err;
    const Outcome full = newest_({"verify", "--level", "full", "--json"});
    EXPECT_EQ(full.exit, 8) << full.out;
    EXPECT_EQ(json_of(full)["damaged"], Json::array());
    EXPECT_EQ(newest_({"repair"}).exit, 0);

    const Outcome own = newest_.backup();
    ASSERT_EQ(own.exit, 0) << own.err;
    EXPECT_GE(json_of(own)["bytes"]["new"], 300'000) << "stored again: the other's cannot be relied on";
    newest_.expect_restores("newest");
    stale_({"backup", office_.source, "--label", "business", "--name", "srv"});
    stale_.expect_restores("stale-again");
}

// The other vault has the same under a newer key already.
TEST_F(StaleKeys, WhatAnOlderKeyringCopiesItCanRestoreFromTheCopy) {
    const std::string copy = office_.folder / "copy";
    ASSERT_EQ(newest_({"init", "--vault", copy}).exit, 0);
    ASSERT_EQ(newest_({"copy", "--to", copy}).exit, 0);
    ASSERT_EQ(stale_({"key", "import", kit_}).exit, 0);
    ASSERT_EQ(stale_.backup().exit, 0);
    const Outcome copied = stale_({"copy", "--to", copy});
    ASSERT_EQ(copied.exit, 0) << copied.err;
    fs::rename(office_.custody.vault(), office_.folder / "lost");
    fs::rename(copy, office_.custody.vault());
    stale_.expect_restores("stale");
    newest_.expect_restores("newest");
    EXPECT_EQ(newest_({"verify", "--level", "full"}).exit, 0);
}

// Two packs hold the same under different keys: the one that the older keyring opens stays.
TEST_F(StaleKeys, PruneKeepsWhatTheOlderKeyringNeeds) {
    ASSERT_EQ(stale_({"key", "import", kit_}).exit, 0);
    ASSERT_EQ(stale_.backup().exit, 0);
    for (int i = 0; i < 2; ++i) {
        ASSERT_EQ(newest_({"forget", "--name", "srv", "--keep-last", "1"}).exit, 0);
        const Outcome pruned = newest_({"prune", "--grace", "0s"});
        ASSERT_EQ(pruned.exit, 0) << pruned.err;
        write_file(office_.source + "/more", std::to_string(i));
        ASSERT_EQ(stale_.backup().exit, 0);
    }
    ASSERT_EQ(newest_({"prune", "--grace", "0s"}).exit, 0);
    stale_.expect_restores("stale");
    newest_.expect_restores("newest");
    EXPECT_EQ(newest_({"verify", "--level", "full"}).exit, 0);
}

TEST_F(StaleKeys, AWriterThatFollowedARotationStillReliesOnWhatItStoredBefore) {
    const std::string keys = office_.folder / "web01.keys", published = office_.folder / "public";
    const Host writer{office_, "writer"};
    ASSERT_EQ(newest_({"key", "export", "--writer", "--host", "web01", "--label", "business", "--output", keys}).exit, 0);
    ASSERT_EQ(writer({"key", "import", keys}).exit, 0);
    ASSERT_EQ(writer.backup().exit, 0);
    ASSERT_EQ(newest_({"key", "rotate", "--label", "business"}).exit, 0);
    ASSERT_EQ(newest_.backup().exit, 0);
    EXPECT_TRUE(says(writer({"status"}), "label business is at epoch 3")) << "it is to follow";
    ASSERT_EQ(newest_({"key", "export", "--public", "--output", published}).exit, 0);
    ASSERT_EQ(writer({"key", "import", published}).exit, 0);
    EXPECT_FALSE(says(writer({"status"}), "is at epoch"));
    fs::remove_all(office_.folder / "writer-cache");
    write_file(office_.source + "/later", "later\n");
    const Outcome again = writer.backup();
    ASSERT_EQ(again.exit, 0) << again.err;
    EXPECT_EQ(json_of(again)["bytes"]["new"], 6) << "one file";
    EXPECT_FALSE(says(again, "lacks the key")) << again.err;
    newest_.expect_restores("back");
}

// Backups of two folders that share a file, all under epoch 1: the first has thirty files of its own, which fill the block that
// the shared one lies in too.
class CompactedKeys : public testing::Test {
protected:
    void SetUp() override {
        for (int i = 0; i < 30; ++i) write_in("first", "x" + std::to_string(i), noise(2000, static_cast<unsigned>(i)));
        write_in("first", "shared", "shared\n");
        write_in("second", "shared", "shared\n");
        write_in("second", "own", "own\n");
        ASSERT_EQ(newest_({"init"}).exit, 0);
        ASSERT_EQ(newest_({"key", "export", "--recovery", "--output", kit_}).exit, 0);
        back_up(newest_, "first");
        back_up(newest_, "second");
    }
    [[nodiscard]] std::string at(const std::string& folder) const { return office_.folder / folder; }
    void write_in(const std::string& folder, const std::string& name, const std::string& content) const {
        fs::create_directories(at(folder));
        write_file(at(folder) + "/" + name, content);
    }
    void back_up(const Host& host, const std::string& folder, const std::string& name = "") const {
        const Outcome made =
            host({"backup", at(folder), "--label", "business", "--name", name.empty() ? folder : name, "--json"});
        ASSERT_EQ(made.exit, 0) << made.err;
    }
    void rotate(const Host& host) const { ASSERT_EQ(host({"key", "rotate", "--label", "business"}).exit, 0); }
    void forget(const std::string& name) const { ASSERT_EQ(newest_({"forget", "latest:" + name}).exit, 0); }
    Json compact(const Host& host) const {
        const Outcome pruned = host({"prune", "--grace", "0s", "--compact", "--json"});
        EXPECT_EQ(pruned.exit, 0) << pruned.err;
        return json_of(pruned);
    }
    void expect_back(const Host& host, const std::string& name, const std::string& folder) {
        const std::string target = at("target" + std::to_string(++targets_));
        const Outcome restored = host({"restore", "latest:" + name, "--target", target, "--strip-prefix", at(folder)});
        ASSERT_EQ(restored.exit, 0) << host.name << ", " << name << ": " << restored.err;
        for (const auto& item : fs::directory_iterator(at(folder))) {
            const std::string file = item.path().filename().string();
            EXPECT_EQ(read_file_text(target + "/" + file), read_file_text(item.path())) << host.name << ", " << file;
        }
    }

    Office office_{"cli-compacted-key"};
    const Host newest_{office_, "newest"}, stale_{office_, "stale"};
    const std::string kit_ = office_.folder / "kit";
    int targets_ = 0;
};

TEST_F(CompactedKeys, AnOlderKitOpensWhatItOpenedBeforeACompaction) {
    rotate(newest_);
    forget("first");
    EXPECT_GE(compact(newest_)["packs_repacked"], 1) << "or nothing was formed anew";
    EXPECT_EQ(compact(newest_)["packs_repacked"], 0) << "and it is not formed anew again";
    ASSERT_EQ(stale_({"key", "import", kit_}).exit, 0);
    expect_back(stale_, "second", "second");
    expect_back(newest_, "second", "second");
    for (const Host* host : {&stale_, &newest_}) EXPECT_EQ((*host)({"verify", "--level", "full"}).exit, 0) << host->name;
}

TEST_F(CompactedKeys, TwoKeyringsThatWereBothRotatedOpenWhatTheOtherCompacted) {
    ASSERT_EQ(stale_({"key", "import", kit_}).exit, 0);
    rotate(newest_);
    rotate(stale_);
    write_in("second", "own2", "own2\n");
    back_up(newest_, "second", "again");
    expect_back(newest_, "again", "second");
    forget("first");
    EXPECT_GE(compact(stale_)["packs_repacked"], 1);
    expect_back(newest_, "again", "second");
    EXPECT_EQ(newest_({"verify", "--level", "full"}).exit, 0);
    fs::remove(at("second") + "/own2");
    expect_back(stale_, "second", "second");
}

TEST_F(CompactedKeys, WhatLiesUnderAKeyThatIsNotHereIsLeftAsItIsAndSaid) {
    ASSERT_EQ(stale_({"key", "import", kit_}).exit, 0);
    rotate(newest_);
    rotate(stale_);
    for (int i = 0; i < 30; ++i) write_in("theirs", "x" + std::to_string(i), noise(2000, static_cast<unsigned>(100 + i)));
    write_in("theirs", "of both", "of both\n");
    write_in("later", "of both", "of both\n");
    back_up(stale_, "theirs");
    back_up(stale_, "later");
    forget("theirs");
    const Json pruned = compact(newest_);
    EXPECT_EQ(pruned["packs_repacked"], 0);
    EXPECT_TRUE(pruned["warnings"].dump().find("was not compacted") != std::string::npos) << pruned;
    expect_back(stale_, "later", "later");
    EXPECT_GE(compact(stale_)["packs_repacked"], 1);
    expect_back(stale_, "later", "later");
}

// Both store the same anew, for neither can rely on the other's; an index segment has one place for an id.
TEST_F(CompactedKeys, WhatLiesUnderTwoKeysStaysUnderBoth) {
    ASSERT_EQ(stale_({"key", "import", kit_}).exit, 0);
    rotate(newest_);
    rotate(stale_);
    write_in("common", "common", noise(200'000, 7));
    for (const Host* host : {&newest_, &stale_}) {
        write_in("common", "of", "old");
        back_up(*host, "common", host->name + "-old");
        write_in("common", "of", host->name);
        back_up(*host, "common", host->name);
    }
    forget("newest-old");
    forget("stale-old");
    for (int i = 0; i < 3; ++i) {
        compact(i == 1 ? stale_ : newest_);
        expect_back(stale_, "stale", "common");
        write_in("common", "of", "newest");
        expect_back(newest_, "newest", "common");
        write_in("common", "of", "stale");
    }
}

// What the newest keyring stored lies whole at the copy, and its packs were lost or cut at the source, where the older keyring
// stored the same anew. Which of the two places the index names first is chance: one of ten is enough to show it.
TEST_F(CompactedKeys, ACopyBringsWhatItsMakerOpensThoughTheTargetHasItUnderAnothersKey) {
    const std::string copy = at("copy");
    ASSERT_EQ(newest_({"init", "--vault", copy}).exit, 0);
    ASSERT_EQ(stale_({"key", "import", kit_}).exit, 0);
    rotate(newest_);
    std::vector<std::string> folders;
    for (unsigned i = 0; i < 10; ++i) {
        folders.push_back("lost" + std::to_string(i));
        write_in(folders.back(), "file", noise(100'000, 500 + i));
        back_up(newest_, folders.back());
    }
    ASSERT_EQ(newest_({"copy", "--to", copy}).exit, 0);
    std::vector<fs::path> packs;
    for (const auto& item : fs::recursive_directory_iterator(office_.custody.vault() + "/packs")) {
        if (item.is_regular_file() && item.file_size() > 100'000) packs.push_back(item.path());
    }
    ASSERT_EQ(packs.size(), folders.size());
    for (std::size_t i = 0; i < packs.size(); ++i) {
        fs::permissions(packs[i], fs::perms::owner_all);
        if (i % 2 == 0) fs::remove(packs[i]);
        if (i % 2 == 1) fs::resize_file(packs[i], 80'000);
    }
    for (const std::string& folder : folders) back_up(stale_, folder, folder + "-again");
    const Outcome copied = stale_({"copy", "--to", copy});
    ASSERT_EQ(copied.exit, 0) << copied.err;
    fs::rename(office_.custody.vault(), at("source"));
    fs::rename(copy, office_.custody.vault());
    for (const std::string& folder : folders) {
        expect_back(stale_, folder + "-again", folder);
        expect_back(newest_, folder, folder);
    }
}

// Its own pack is lost at the copy, where another keyring's holds the same: to a repair there that is no loss, to its maker it
// is.
TEST_F(CompactedKeys, VerifySaysHowASnapshotThatItsMakerCannotOpenAtTheCopyComesBackThere) {
    const std::string copy = at("copy");
    ASSERT_EQ(newest_({"init", "--vault", copy}).exit, 0);
    ASSERT_EQ(stale_({"key", "import", kit_}).exit, 0);
    rotate(newest_);
    write_in("both", "file", noise(200'000, 600));
    back_up(newest_, "both", "theirs");
    ASSERT_EQ(newest_({"copy", "--to", copy}).exit, 0);
    back_up(stale_, "both", "own");
    std::set<fs::path> theirs;
    for (const auto& item : fs::recursive_directory_iterator(copy + "/packs")) theirs.insert(item.path());
    ASSERT_EQ(stale_({"copy", "--to", copy}).exit, 0);
    std::vector<fs::path> own;
    for (const auto& item : fs::recursive_directory_iterator(copy + "/packs")) {
        if (item.is_regular_file() && item.file_size() > 200'000 && !theirs.contains(item.path())) own.push_back(item.path());
    }
    ASSERT_EQ(own.size(), 1u);
    fs::remove(own.front());
    ASSERT_EQ(newest_({"repair", "--vault", copy}).exit, 0);

    const std::string words = "was made with a key that is here";
    const Outcome locked = stale_({"verify", "--level", "full", "--vault", copy});
    EXPECT_EQ(locked.exit, 8) << locked.out << locked.err;
    EXPECT_TRUE(says(locked, words)) << locked.err;
    EXPECT_FALSE(says(stale_({"verify", "--level", "full"}), words)) << "theirs is locked there, its own is not";
    const std::string id = json_of(stale_({"snapshots", "--json"})).back()["id"];
    EXPECT_TRUE(says(locked, "custody forget " + id.substr(0, 12))) << locked.err;
    ASSERT_EQ(stale_({"forget", id, "--vault", copy}).exit, 0);
    ASSERT_EQ(stale_({"copy", id, "--to", copy}).exit, 0);
    EXPECT_FALSE(says(stale_({"verify", "--level", "full", "--vault", copy}), words));
    fs::rename(office_.custody.vault(), at("source"));
    fs::rename(copy, office_.custody.vault());
    expect_back(stale_, "own", "both");
}

// A pack of epoch 1 is damaged, and what it holds is stored again under epoch 2. Whether the rest of it is sound only the
// passphrase can tell; until it was given, who holds epoch 1 alone may need it.
TEST_F(CompactedKeys, RepairKeepsASoundBlockForAnOlderKitThoughANewerKeyHasItToo) {
    write_in("third", "a", noise(900'000, 1));
    write_in("third", "b", noise(900'000, 2));
    write_in("third", "c", noise(900'000, 3));
    back_up(newest_, "third");
    fs::path largest;
    for (const auto& item : fs::recursive_directory_iterator(office_.custody.vault() + "/packs")) {
        if (!item.is_regular_file()) continue;
        if (largest.empty() || item.file_size() > fs::file_size(largest)) largest = item.path();
    }
    std::string bytes = read_file_text(largest);
    bytes[bytes.size() - 1000] = static_cast<char>(bytes[bytes.size() - 1000] ^ 1);
    fs::permissions(largest, fs::perms::owner_all);
    write_file(largest, bytes);
    rotate(newest_);
    EXPECT_EQ(newest_.run_with({"repair"}, "").exit, 4);
    back_up(newest_, "third");
    EXPECT_EQ(newest_.run_with({"repair"}, "").exit, 4) << "it stays until its blocks were proven";
    EXPECT_EQ(newest_({"repair"}).exit, 0);
    EXPECT_EQ(newest_({"verify", "--level", "full"}).exit, 0);
    expect_back(newest_, "third", "third");

    ASSERT_EQ(stale_({"key", "import", kit_}).exit, 0);
    const Json full = json_of(stale_({"verify", "--level", "full", "--json"}));
    std::string locked;
    for (const Json& each : full["locked"]) locked += each["path"].get<std::string>() + "\n";
    EXPECT_TRUE(locked.find(at("third") + "/c\n") != std::string::npos) << full << "what was damaged is of epoch 2 now";
    EXPECT_TRUE(locked.find(at("third") + "/a\n") == std::string::npos) << full;
    expect_back(stale_, "second", "second");
}

}  // namespace
}  // namespace custody::test
