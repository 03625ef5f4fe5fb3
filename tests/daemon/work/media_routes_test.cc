// The API of media over a real server, with a real register, keeper and vaults; what jobs do to media.
#include "catalog/media.h"
#include "catalog/snapshots.h"
#include "tests/daemon/work/media_routes_fixture.h"
#include "tests/support/exotic_tree.h"

#include <filesystem>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

TEST_F(MediaRoutes, TheRegisterIsListedWithWhatIsSeenAndOwed) {
    MediumConfig& never = config_.media.emplace_back();
    never.name = "c";
    never.vault = small_.scratch() / "not-there/vault";
    never.mount_point = small_.scratch() / "not-there";
    never.removable = true;
    configure();
    const Json list = get("")["media"];
    ASSERT_EQ(3u, list.size());
    const Json& a = list[0];
    EXPECT_EQ("a", a["name"]);
    EXPECT_EQ("in_use", a["state"]);
    EXPECT_EQ(true, a["present"]);
    EXPECT_EQ(true, a["configured"]);
    EXPECT_EQ(nullptr, a["why_not"]);
    EXPECT_EQ("Server room", a["place"]);
    EXPECT_GT(a["free_bytes"].get<std::uint64_t>(), 0u);
    EXPECT_EQ(32u, a["identity"].get<std::string>().size());
    EXPECT_EQ(0u, a["owed_snapshots"].get<std::uint64_t>());
    EXPECT_EQ(nullptr, list[2]["state"]);
    EXPECT_EQ(false, list[2]["present"]);
    EXPECT_TRUE(list[2]["why_not"].is_string());
    EXPECT_TRUE(get("/a")["moves"].is_array());
    EXPECT_TRUE(fails_with(Code::not_found, client().get("/v1/media/none")));
}

TEST_F(MediaRoutes, AHandOverIsRecordedWithWhoEnteredIt) {
    EXPECT_EQ("200", as_member("/b/move", R"({"place": "Archive", "custodian": "Binh", "note": "12/BB"})"));
    const auto moved = post("/b/move", {{"custodian", "Chi"}});
    ASSERT_TRUE(is_ok(moved));
    EXPECT_EQ("Archive", (*moved)["place"]);
    EXPECT_EQ("Chi", (*moved)["custodian"]);
    EXPECT_TRUE((*moved)["moved"].is_string());
    const Json moves = get("/b")["moves"];
    ASSERT_EQ(2u, moves.size());
    EXPECT_EQ("nobody", moves[0]["entered_by"]);
    EXPECT_EQ("Server room", moves[0]["place_before"]);
    EXPECT_EQ("12/BB", moves[0]["note"]);
    EXPECT_EQ("root", moves[1]["entered_by"]);
    EXPECT_EQ("Binh", moves[1]["custodian_before"]);
    EXPECT_TRUE(fails_with(Code::usage, post("/b/move")));
    EXPECT_TRUE(fails_with(Code::usage, post("/b/move", {{"place", "x"}, {"state", "erased"}})));
    EXPECT_TRUE(fails_with(Code::not_found, post("/none/move", {{"place", "x"}})));
}

TEST_F(MediaRoutes, OnlyRootChangesWhatIsAMedium) {
    for (const char* action : {"attach", "detach", "register", "replace", "retire"})
        EXPECT_EQ("403", as_member(std::string("/b/") + action, "{}")) << action;
    ASSERT_TRUE(is_ok(post("/b/retire", {{"reason", "old"}})));
    EXPECT_EQ("403", as_member("/b/move", R"({"place": "x", "state": "in_use"})"));
    ASSERT_TRUE(is_ok(post("/b/move", {{"place", "x"}, {"state", "in_use"}})));
    EXPECT_EQ("in_use", state_of("b"));
}

TEST_F(MediaRoutes, OneThatHoldsTheLastCopyOfSomethingIsNotRetiredUnlessTheLossIsAccepted) {
    catalog::Snapshots snapshots(control_.catalog());
    catalog::SnapshotRecord record;
    record.id = random_id<ObjectId>();
    record.label = record.plan = record.host = record.kind = "x";
    ASSERT_TRUE(is_ok(snapshots.add(record)));
    catalog::Media media(control_.catalog());
    const auto a = media.find("a"), b = media.find("b");
    ASSERT_TRUE(is_ok(a) && is_ok(b));
    ASSERT_TRUE(is_ok(snapshots.present(record.id, a->key, std::nullopt)));
    ASSERT_TRUE(is_ok(snapshots.owe(record.id, b->key)));
    EXPECT_TRUE(fails_with(Code::refused, post("/a/retire", {{"reason", "old"}})));
    EXPECT_TRUE(fails_with(Code::usage, post("/a/retire")));
    ASSERT_TRUE(is_ok(post("/b/retire", {{"reason", "worn out"}})));
    EXPECT_EQ("retired", state_of("b"));
    EXPECT_EQ(0u, get("/b")["owed_snapshots"].get<std::uint64_t>());
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_EQ(std::set<std::string>{"a"}, keeper_->present());
    ASSERT_TRUE(is_ok(post("/a/retire", {{"reason", "burnt"}, {"accept_loss", true}})));
    const Json moves = get("/a")["moves"];
    EXPECT_NE(std::string::npos, moves.back()["note"].get<std::string>().find("last copy"));
}

TEST_F(MediaRoutes, AttachingBeginsACopyJobAndOneThatLiesInAFolderIsNotUnmounted) {
    const auto job = post("/b/attach");
    ASSERT_TRUE(is_ok(job));
    EXPECT_EQ("copy", (*job)["kind"]);
    EXPECT_EQ("queued", (*job)["state"]);
    EXPECT_EQ(1u, control_.works().size());
    const auto again = post("/b/attach");
    ASSERT_TRUE(is_ok(again));
    EXPECT_EQ((*job)["id"], (*again)["id"]) << "the one that runs";
    EXPECT_EQ(1u, control_.works().size());
    EXPECT_TRUE(fails_with(Code::not_found, post("/none/attach")));
    EXPECT_TRUE(fails_with(Code::refused, post("/b/detach"))) << "not removable";
    EXPECT_EQ(catalog::JobState::done, run_work((*job)["id"].get<catalog::JobId>()).state);
}

TEST_F(MediaRoutes, RegisteringSaysWhatIsTheMatter) {
    const std::string moved = small_.scratch() / "moved";
    fs::copy(small_.path("b"), moved, fs::copy_options::recursive);
    config_.media[1].vault = moved;
    configure();
    EXPECT_EQ(false, get("/b")["present"]);
    EXPECT_TRUE(fails_with(Code::refused, post("/b/register")));
    const auto same = post("/b/register", {{"same_medium", true}});
    ASSERT_TRUE(is_ok(same));
    EXPECT_EQ(true, (*same)["present"]);
    EXPECT_TRUE(fails_with(Code::usage, post("/b/register", {{"same_medium", true}, {"own_identity", true}})));
    EXPECT_TRUE(fails_with(Code::usage, post("/z/register"))) << "no vault is known";
    EXPECT_TRUE(fails_with(Code::not_found, post("/z/register", {{"vault", small_.scratch() / "none"}})));
    EXPECT_TRUE(fails_with(Code::exists, post("/b/register", {{"own_identity", true}})));
    // A damaged identity is written anew, and the register follows.
    const std::string before = get("/b")["identity"].get<std::string>();
    write_file(moved + "/medium.json", "x");
    EXPECT_TRUE(fails_with(Code::corrupt, post("/b/register")));
    const auto renewed = post("/b/register", {{"new_identity", true}});
    ASSERT_TRUE(is_ok(renewed));
    EXPECT_NE(before, (*renewed)["identity"].get<std::string>());
    EXPECT_EQ(true, (*renewed)["present"]);
}

TEST_F(MediaRoutes, ACopyIsMadeAVaultOfItsOwnByAJob) {
    const std::string copy = small_.scratch() / "copy";
    fs::copy(small_.path("b"), copy, fs::copy_options::recursive);
    const auto job = post("/c/register", {{"vault", copy}, {"own_identity", true}, {"place", "Archive"}, {"custodian", "An"}});
    ASSERT_TRUE(is_ok(job));
    EXPECT_EQ("media", (*job)["kind"]);
    const auto end = run_work((*job)["id"].get<catalog::JobId>());
    EXPECT_EQ(catalog::JobState::done, end.state) << (end.error ? end.error->message : "");
    const Json c = get("/c");
    EXPECT_EQ("Archive", c["place"]);
    EXPECT_NE(get("/b")["identity"], c["identity"]);
    EXPECT_NE(get("/b")["vault_id"], c["vault_id"]);
    EXPECT_EQ(false, c["configured"]);
}

TEST_F(MediaRoutes, ANewDiskTakesTheNameOfTheOldOneWhenAllIsOnIt) {
    small_.make_vault("big");
    MediumConfig& big = config_.media.emplace_back();
    big.name = "big";
    big.vault = small_.path("big");
    big.mount_point = small_.scratch().path();
    configure();
    const std::string old_identity = get("/a")["identity"].get<std::string>();
    const std::string new_identity = get("/big")["identity"].get<std::string>();
    EXPECT_TRUE(fails_with(Code::usage, post("/a/replace", {{"by", "a"}})));
    EXPECT_TRUE(fails_with(Code::not_found, post("/a/replace", {{"by", "none"}})));
    const auto job = post("/a/replace", {{"by", "big"}, {"keep_as", "a-old"}});
    ASSERT_TRUE(is_ok(job));
    const catalog::JobId id = (*job)["id"].get<catalog::JobId>();
    const auto end = run_work(id);
    ASSERT_EQ(catalog::JobState::done, end.state) << (end.error ? end.error->message : "");
    EXPECT_EQ(new_identity, get("/a")["identity"].get<std::string>());
    EXPECT_EQ(old_identity, get("/a-old")["identity"].get<std::string>());
    EXPECT_EQ("retired", state_of("a-old"));
    EXPECT_EQ("Server room", get("/a")["place"]);
    EXPECT_EQ(5u, get("/a")["copies"].get<std::uint64_t>());
    const auto details = catalog::Jobs(control_.catalog()).details(id);
    ASSERT_TRUE(is_ok(details));
    ASSERT_FALSE(details->warnings.empty());
    EXPECT_NE(std::string::npos, details->warnings.back().find("systemctl reload custodyd"));
    // As the warning says.
    config_.media.pop_back();
    config_.media[0].vault = small_.path("big");
    configure();
    EXPECT_EQ(true, get("/a")["present"]) << get("/a")["why_not"];
}

}  // namespace
}  // namespace custody::test
