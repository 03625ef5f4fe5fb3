// custody media as people type it, against a real server; and a shop disk that becomes a medium.
#include "tests/cli/cli_fixture.h"
#include "tests/daemon/work/media_routes_fixture.h"
#include "tests/support/loop_file_system.h"

#include <sys/mount.h>

namespace custody::test {
namespace {

class MediaCommands : public MediaRoutes {
protected:
    Outcome custody(std::vector<std::string> words, bool with_service = true) {
        const std::string config = scratch_ / (with_service ? "with.toml" : "without.toml");
        write_file(config, "[service]\nsocket = \"" + (with_service ? settings_.socket : scratch_ / "none.sock") + "\"\n");
        words.insert(words.begin(), {"--config", config, "--keyring", config_.keys.keyring, "--lang", "en"});
        return run({CUSTODY_PROGRAM, words, {}, {}, std::nullopt});
    }
};

TEST_F(MediaCommands, ListShowAndHandOver) {
    const Outcome list = custody({"media", "list"});
    EXPECT_EQ(0, list.exit) << list.err;
    EXPECT_NE(std::string::npos, list.out.find("Server room"));
    EXPECT_EQ(2u, json_of(custody({"media", "list", "--json"}))["media"].size());
    const Outcome moved = custody({"media", "move", "b", "--place", "Kho lưu trữ", "--custodian", "Nguyễn Văn A"});
    EXPECT_EQ(0, moved.exit) << moved.err;
    const Outcome shown = custody({"media", "show", "b"});
    EXPECT_EQ(0, shown.exit) << shown.err;
    EXPECT_NE(std::string::npos, shown.out.find("Kho lưu trữ"));
    EXPECT_NE(std::string::npos, shown.out.find("root"));
    EXPECT_EQ(2, custody({"media", "move", "b"}).exit);
    EXPECT_EQ(7, custody({"media", "show", "none"}).exit);
    EXPECT_EQ(7, custody({"media", "list"}, false).exit) << "no service";
}

TEST_F(MediaCommands, EndsWithTheExitCodeThatTheServiceGives) {
    const Outcome attached = custody({"media", "attach", "b", "--json"});
    EXPECT_EQ(0, attached.exit) << attached.err;
    EXPECT_EQ("queued", json_of(attached)["state"]);
    const Outcome again = custody({"media", "attach", "b", "--json"});
    EXPECT_EQ(0, again.exit) << again.err;
    EXPECT_EQ(json_of(attached)["id"], json_of(again)["id"]) << "the one that runs";
    EXPECT_EQ(5, custody({"media", "detach", "b"}).exit);
    EXPECT_EQ(0, custody({"media", "retire", "b", "--reason", "worn out"}).exit);
    EXPECT_EQ(2, custody({"media", "retire", "a"}).exit) << "without a reason";
    EXPECT_EQ(0, custody({"media", "register", "a"}).exit);
    EXPECT_EQ(2, custody({"media", "replace", "a", "a"}).exit);
}

TEST_F(MediaCommands, AShopDiskIsPreparedOnceItsSerialWasGiven) {
    std::string why_not;
    const auto disk = LoopDevice::make(std::uint64_t{64} << 20, why_not);
    if (!disk) GTEST_SKIP() << why_not;
    const std::string point = scratch_ / "disk-c";
    const std::vector<std::string> words = {"media", "prepare", disk->path(), "--name", "disk-c", "--mount", point};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), words.begin(), words.end());
        return custody(more);
    };
    EXPECT_EQ(5, with({"--yes"}).exit) << "never enough";
    EXPECT_EQ(5, with({"--confirm", "another"}).exit);
    EXPECT_FALSE(std::filesystem::exists(point + "/vault"));
    EXPECT_EQ(2, custody({"media", "prepare", disk->path(), "--name", "a\nb", "--mount", point}).exit);
    const Outcome done = with({"--confirm", disk->image(), "--json"});
    ASSERT_EQ(0, done.exit) << done.err;
    const Json document = json_of(done);
    EXPECT_EQ(point + "/vault", document["vault"]);
    EXPECT_FALSE(document["file_system_uuid"].get<std::string>().empty());
    EXPECT_NE(std::string::npos, done.err.find(disk->image())) << "what is overwritten is shown";
    EXPECT_EQ(5, with({"--confirm", disk->image()}).exit) << "it is in use";
    ASSERT_EQ(0, ::umount2(point.c_str(), 0));
    // Without a service nobody says whether it is needed still.
    std::vector<std::string> again = words;
    again.insert(again.end(), {"--confirm", disk->image()});
    EXPECT_EQ(5, custody(again, false).exit);
    // As it says: the vault is made, the medium is entered.
    ASSERT_EQ(0, ::mount(disk->path().c_str(), point.c_str(), "ext4", 0, nullptr));
    EXPECT_EQ(0, custody({"media", "register", "disk-c", "--vault", point + "/vault", "--place", "Archive"}).exit);
    EXPECT_EQ(document["identity"], get("/disk-c")["identity"]);
    ASSERT_EQ(0, ::umount2(point.c_str(), 0));
    const Outcome registered = with({"--confirm", disk->image()});
    EXPECT_EQ(5, registered.exit);
    EXPECT_NE(std::string::npos, registered.err.find("custody media retire disk-c")) << registered.err;
}

}  // namespace
}  // namespace custody::test
