// What a reload tells the scheduler and the journal.
#include "daemon/config/difference.h"

#include "tests/daemon/config/config_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace custody::test {
namespace {

using testing::ElementsAre;

Config config_of(const std::string& text) { return read_config("c.toml", text).config; }

TEST(ConfigDifference, LinesThatMovedAreNone) {
    const Config before = config_of(sound_config()), after = config_of("# a comment\n\n" + sound_config());
    EXPECT_TRUE(difference(before, after).empty());
    EXPECT_TRUE(describe(difference(before, after)).empty());
}

TEST(ConfigDifference, NamesPlansMediaAndLabels) {
    std::string changed = sound_config(
        "media = [\"disk-b\", \"disk-a\"]\non_change = true\n[[plan]]\nname = \"new\"\nlabel = \"own\"\nschedule "
        "= \"@daily\"\nsource = { files = [\"/srv\"] }\n[label.own]\n[label.log]\nretention = \"within "
        "200d\"\n[[medium]]\nname = \"disk-c\"\nvault = \"/mnt/c\"\n");
    const std::size_t at = changed.find("/mnt/disk-b/vault");
    changed.replace(at, 17, "/mnt/other/vault");
    EXPECT_THAT(describe(difference(config_of(sound_config()), config_of(changed))),
                ElementsAre("plan new added", "plan etc changed: on_change, media", "medium disk-c added",
                            "medium disk-b changed: vault, mount", "label own added", "label log changed: retention"));
    EXPECT_THAT(
        describe(difference(config_of(changed), config_of(sound_config("[service]\nnice = 5\n")))),
        ElementsAre("plan new removed; what it backed up is kept", "plan etc changed: on_change, media, nice",
                    "medium disk-c removed; its vault is left as it is", "medium disk-b changed: vault, mount",
                    "label own removed; its snapshots and keys are kept", "label log changed: retention", "changed: service"));
}

TEST(ConfigDifference, SaysWhatNeedsARestart) {
    const ConfigDifference found =
        difference(config_of(""), config_of("language = \"vi\"\n[service]\nstate_folder = \"/srv/state\"\njobs = 3\n"));
    EXPECT_THAT(found.sections, ElementsAre("language", "service"));
    EXPECT_THAT(describe(found), ElementsAre("changed: language, service",
                                             "[service] state_folder takes effect when the service is started again"));
}

}  // namespace
}  // namespace custody::test
