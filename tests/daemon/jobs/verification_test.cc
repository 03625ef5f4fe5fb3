#include "daemon/jobs/verification.h"

#include "catalog/overview.h"
#include "tests/daemon/jobs/jobs_fixture.h"

#include <fstream>
#include <thread>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

// ---- when -------------------------------------------------------------------------------------------------------------------

class VerificationDueTest : public testing::Test {
protected:
    VerificationDueTest() {
        for (const char* name : {"disk-a", "disk-b"}) {
            MediumConfig medium;
            medium.name = name;
            config_.media.push_back(medium);
            catalog::RegisteredMedium& registered = media_.emplace_back();
            registered.key = static_cast<catalog::MediumKey>(media_.size());
            registered.entry.name = name;
        }
    }
    void plan(const std::vector<std::string>& media, ProofLevel level, std::int64_t every, double percent = 5) {
        PlanConfig plan;
        plan.media = media;
        plan.verify = {level, every, percent};
        config_.plans.push_back(plan);
    }
    void verified(catalog::MediumKey medium, const std::string& level, std::int64_t ago) {
        catalog::Verification verification;
        verification.medium = medium;
        verification.level = level;
        verification.ended_at = Time{now_.ns - ago};
        last_.push_back(verification);
    }
    std::string due() {
        std::string text;
        for (const VerificationDue& each : verifications_due(config_, media_, last_, now_))
            text += each.medium + " " + std::string(word_of(each.how.level)) + "; ";
        return text;
    }
    Config config_;
    std::vector<catalog::RegisteredMedium> media_;
    std::vector<catalog::Verification> last_;
    const Time now_{1'793'671'200 * kSecond};
};

TEST_F(VerificationDueTest, TheStrictestThatIsDueGoesAndCoversTheOthers) {
    plan({"disk-a", "disk-b"}, ProofLevel::structure, 7 * kDay);
    plan({"disk-a"}, ProofLevel::full, 30 * kDay);
    EXPECT_EQ("disk-a full; disk-b structure; ", due());
    verified(1, "full", 8 * kDay);
    verified(2, "structure", kDay);
    EXPECT_EQ("disk-a structure; ", due());  // the full one is a week old
    verified(1, "structure", kDay);
    EXPECT_EQ("", due());
    verified(2, "full", 3 * kDay);
    last_.erase(last_.begin() + 1);  // its own check of structure
    EXPECT_EQ("", due());            // a closer one covers it
}

TEST_F(VerificationDueTest, AtOneLevelTheShortestIntervalAndTheLargestSampleCount) {
    plan({"disk-a"}, ProofLevel::sample, 30 * kDay, 20);
    plan({"disk-a"}, ProofLevel::sample, 7 * kDay, 5);
    verified(1, "sample", 8 * kDay);
    const auto found = verifications_due(config_, media_, last_, now_);
    ASSERT_EQ(1u, found.size());
    EXPECT_EQ(7 * kDay, found.front().how.every_ns);
    EXPECT_EQ(20, found.front().how.sample_percent);
}

TEST_F(VerificationDueTest, NothingIsDueWhereNobodyAsksOrNothingIsLeft) {
    plan({"disk-a"}, ProofLevel::full, 0);
    EXPECT_EQ("", due());
    plan({"disk-a", "disk-b"}, ProofLevel::structure, kDay);
    media_[0].entry.state = catalog::MediumState::erased;
    media_[1].entry.state = catalog::MediumState::retired;  // it keeps what it holds
    EXPECT_EQ("disk-b structure; ", due());
    media_.clear();  // not registered yet
    EXPECT_EQ("", due());
}

TEST_F(VerificationDueTest, OneThatLiesInTheFutureCountsForNothing) {
    plan({"disk-a"}, ProofLevel::structure, 7 * kDay);
    verified(1, "structure", -kDay);
    EXPECT_EQ("disk-a structure; ", due());
}

// ---- how --------------------------------------------------------------------------------------------------------------------

class VerificationTest : public JobsTest {
protected:
    void SetUp() override {
        JobsTest::SetUp();
        add_plan("etc", "config", {"disk-a", "disk-b"});
        configure();
        world_.populate();
        fs::create_directories(world_.scratch() / "credentials");
    }
    // The keyring's passphrase, as systemd hands it over.
    void give_key() {
        const std::string path = world_.scratch() / "credentials" + "/" + kPassphraseCredential;
        std::ofstream(path + ".new") << "small\n";
        fs::permissions(path + ".new", fs::perms::owner_read);
        fs::rename(path + ".new", path);
    }
    catalog::JobDetails verify(const std::string& vault, ProofLevel level, catalog::JobState expected) {
        LiveJob& job = new_job(catalog::JobKind::verify);
        const catalog::JobEnd ended = verify_medium(context(job), "disk-" + vault, {level, 7 * kDay, 100});
        EXPECT_EQ(expected, ended.state) << (ended.error ? ended.error->message : "");
        return end(job, ended);
    }
    std::optional<catalog::Verification> last(const std::string& level) {
        const auto all = catalog::Overview(*catalog_).verifications();
        EXPECT_TRUE(is_ok(all));
        if (!all.ok()) return std::nullopt;
        for (const catalog::Verification& each : *all) {
            if (each.level == level) return each;
        }
        return std::nullopt;
    }
    std::vector<AlertEvent> waiting() { return alerts_.raised(AlertKind::waiting_for_key); }
};

TEST_F(VerificationTest, ASoundMediumIsEnteredInTheRegister) {
    const catalog::JobDetails job = verify("a", ProofLevel::structure, catalog::JobState::done);
    EXPECT_EQ((Names{"verify structure"}), phases(job));
    const auto entered = last("structure");
    ASSERT_TRUE(entered);
    EXPECT_EQ(key("a"), entered->medium);
    EXPECT_EQ(job.job.id, entered->job);
    EXPECT_EQ(0u, entered->damaged);
    EXPECT_GT(entered->objects_checked, 0u);
    EXPECT_TRUE(alerts_.was_resolved(AlertKind::verify_damage, "disk-a"));
}

TEST_F(VerificationTest, EveryByteIsOpenedWhereTheKeyIsHere) {
    give_key();
    const catalog::JobDetails job = verify("a", ProofLevel::full, catalog::JobState::done);
    EXPECT_EQ((Names{"verify full"}), phases(job));
    EXPECT_TRUE(last("full"));
    EXPECT_TRUE(waiting().empty());
}

TEST_F(VerificationTest, ABitThatFlippedIsNamedWithWhatItAffects) {
    give_key();
    damage_a_pack("a");
    const catalog::JobDetails job = verify("a", ProofLevel::full, catalog::JobState::failed);
    ASSERT_TRUE(job.job.end.error);
    EXPECT_EQ(Code::corrupt, job.job.end.error->code);
    bool names_a_snapshot = false;
    for (const std::string& line : job.warnings) names_a_snapshot |= line.find("affects snapshot") != std::string::npos;
    EXPECT_TRUE(names_a_snapshot);
    const auto alert = alerts_.standing(AlertKind::verify_damage, "disk-a");
    ASSERT_TRUE(alert);
    EXPECT_FALSE(alert->detail.empty());
    ASSERT_TRUE(last("full"));
    EXPECT_EQ(1u, last("full")->damaged);
    // A look that cannot see it says nothing about it.
    verify("a", ProofLevel::structure, catalog::JobState::done);
    EXPECT_TRUE(alerts_.standing(AlertKind::verify_damage, "disk-a"));
}

TEST_F(VerificationTest, DamageIsOverWhenAnEquallyCloseLookFindsNone) {
    give_key();
    const auto sound = world_.objects("a");
    damage_a_pack("a");
    verify("a", ProofLevel::full, catalog::JobState::failed);
    world_.put_back("a", sound);
    verify("a", ProofLevel::sample, catalog::JobState::done);
    EXPECT_TRUE(alerts_.standing(AlertKind::verify_damage, "disk-a"));
    verify("a", ProofLevel::full, catalog::JobState::done);
    EXPECT_FALSE(alerts_.standing(AlertKind::verify_damage, "disk-a"));
    verify("a", ProofLevel::structure, catalog::JobState::done);
    EXPECT_FALSE(alerts_.standing(AlertKind::verify_damage, "disk-a"));
}

TEST_F(VerificationTest, AVaultTooDamagedToOpenIsDamage) {
    world_.write_object("a", "vault.json", as_bytes("{}"));
    for (const auto& [name, content] : world_.objects("a")) {
        if (name.starts_with("ledger/") || name.starts_with("witness/")) world_.write_object("a", name, as_bytes("x"));
    }
    const catalog::JobDetails job = verify("a", ProofLevel::structure, catalog::JobState::failed);
    ASSERT_TRUE(job.job.end.error);
    EXPECT_EQ(Code::corrupt, job.job.end.error->code);
    EXPECT_TRUE(alerts_.standing(AlertKind::verify_damage, "disk-a"));
}

TEST_F(VerificationTest, WithoutTheKeyTheStructureIsProvenAndTheJobWaits) {
    LiveJob& job = new_job(catalog::JobKind::verify);
    catalog::JobEnd ended;
    std::thread working([&] { ended = verify_medium(context(job), "disk-a", {ProofLevel::full, 7 * kDay, 5}); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (waiting().size() < 3 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto record = catalog::Jobs(*catalog_).find(job.id());
    EXPECT_TRUE(is_ok(record));
    EXPECT_EQ(catalog::JobState::waiting_for_key, record.ok() ? record->state : catalog::JobState::failed);
    EXPECT_TRUE(last("structure"));
    EXPECT_TRUE(alerts_.standing(AlertKind::waiting_for_key, "config"));
    EXPECT_TRUE(alerts_.standing(AlertKind::waiting_for_key, "log"));
    for (const MediumSight& sight : keeper_->sights()) EXPECT_EQ(0u, sight.holds);  // the disk may be taken away
    give_key();
    working.join();
    EXPECT_EQ(catalog::JobState::done, ended.state);
    EXPECT_TRUE(last("full"));
    EXPECT_FALSE(alerts_.standing(AlertKind::waiting_for_key, "config"));
    EXPECT_EQ((Names{"verify structure", "verify full"}), phases(end(job, ended)));
}

TEST_F(VerificationTest, AJobThatWaitsCanBeCancelled) {
    LiveJob& job = new_job(catalog::JobKind::verify);
    catalog::JobEnd ended;
    std::thread working([&] { ended = verify_medium(context(job), "disk-a", {ProofLevel::sample, 7 * kDay, 5}); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (waiting().empty() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    job.request_stop(StopReason::cancelled);
    working.join();
    EXPECT_EQ(catalog::JobState::cancelled, ended.state);
    EXPECT_FALSE(alerts_.standing(AlertKind::waiting_for_key, "config"));
    EXPECT_EQ(catalog::JobState::cancelled, end(job, ended).job.state);
}

TEST_F(VerificationTest, AMediumThatIsAwayIsNotVerified) {
    take_away("a");
    LiveJob& job = new_job(catalog::JobKind::verify);
    const catalog::JobEnd ended = verify_medium(context(job), "disk-a", {});
    EXPECT_EQ(catalog::JobState::failed, ended.state);
    ASSERT_TRUE(ended.error);
    EXPECT_EQ(Code::not_found, ended.error->code);
    EXPECT_FALSE(last("structure"));
}

}  // namespace
}  // namespace custody::test
