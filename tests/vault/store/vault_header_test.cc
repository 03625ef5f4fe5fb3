#include "vault/store/vault_header.h"
#include "vault/store/reserve.h"

#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "vault/store/session.h"

namespace custody::test {
namespace {

VaultHeader example() {
    VaultHeader header;
    header.vault = VaultId::from(Bytes(16, 1));
    header.family = FamilyId::from(Bytes(16, 2));
    header.suite = Suite::modern;
    header.created = Time{1'793'671'200'123'456'789};
    return header;
}

TEST(VaultHeader, ComesBackAsItWasWithItsSigner) {
    const Secret seed = Secret::random(kKeySize);
    const auto bytes = encode(example(), seed);
    ASSERT_TRUE(is_ok(bytes));
    const auto header = decode_vault_header(*bytes);
    ASSERT_TRUE(is_ok(header));
    EXPECT_EQ(example().vault, header->vault);
    EXPECT_EQ(example().family, header->family);
    EXPECT_EQ(Suite::modern, header->suite);
    EXPECT_EQ(example().created, header->created);
    EXPECT_EQ(signer_id(seed), header->signer);
}

TEST(VaultHeader, EveryFlippedBitAndEveryCutIsDamage) {
    const auto bytes = encode(example(), Secret::random(kKeySize));
    ASSERT_TRUE(is_ok(bytes));
    for (std::size_t bit = 0; bit < bytes->size() * 8; ++bit) {
        Bytes flipped = *bytes;
        flipped[bit / 8] = static_cast<Byte>(flipped[bit / 8] ^ 1 << bit % 8);
        ASSERT_TRUE(fails_with(Code::corrupt, decode_vault_header(flipped))) << "bit " << bit;
    }
    for (std::size_t size = 0; size < bytes->size(); ++size)
        ASSERT_TRUE(fails_with(Code::corrupt, decode_vault_header(ByteView(*bytes).first(size)))) << size;
}

TEST(VaultHeader, ANewerFormatSaysWhichIsNeeded) {
    VaultHeader header = example();
    header.format_version = 3;
    const auto bytes = encode(header, Secret::random(kKeySize));
    ASSERT_TRUE(is_ok(bytes));
    const auto decoded = decode_vault_header(*bytes);
    ASSERT_TRUE(fails_with(Code::usage, decoded));
    EXPECT_NE(std::string::npos, decoded.error().message.find("format 3"));
}

TEST(VaultHeader, ANewerFormatMaySignOtherwise) {
    for (const char* text : {R"({"body":{"format":2},"signature":"00","signer":"00"})", R"({"format":2,"magic":"other"})",
                             R"({"body":{"format":2,"new":[1]},"seal":"x"})"}) {
        const auto decoded = decode_vault_header(as_bytes(text));
        ASSERT_TRUE(fails_with(Code::usage, decoded)) << text;
        EXPECT_NE(std::string::npos, decoded.error().message.find("format 2")) << decoded.error().message;
    }
    EXPECT_TRUE(fails_with(Code::corrupt, decode_vault_header(as_bytes(R"({"format":1})"))));
    EXPECT_TRUE(fails_with(Code::corrupt, decode_vault_header(as_bytes(R"({"format":"2"})"))));
}

TEST(VaultReference, PathsAndFileUrls) {
    EXPECT_EQ("/mnt/a/vault", *parse_vault_reference("/mnt//a/./vault/"));
    EXPECT_EQ("/mnt/a/vault", *parse_vault_reference("file:///mnt/a/vault"));
    EXPECT_EQ("/mnt/a/vault", *parse_vault_reference("file://localhost/mnt/a/vault"));
    EXPECT_EQ("/mnt/ổ đĩa", *parse_vault_reference("file:///mnt/%E1%BB%95%20đĩa"));
    EXPECT_EQ('/', parse_vault_reference("relative/vault")->front());
    EXPECT_EQ("/a:/b", *parse_vault_reference("/a://b"));
}

TEST(VaultReference, RemoteVaultsAreRefusedInWords) {
    for (const char* reference : {"sftp://user@host:22/path", "s3://bucket/prefix", "http://x/y", "file://host/x", ""}) {
        const auto parsed = parse_vault_reference(reference);
        EXPECT_TRUE(fails_with(Code::usage, parsed)) << reference;
    }
    EXPECT_NE(std::string::npos, parse_vault_reference("sftp://h/p").error().message.find("custody copy"));
}

class VaultFolder : public testing::Test {
protected:
    VaultFolder() : scratch_("vault-folder") {}
    FileSystem& files_ = posix_file_system();
    ScratchFolder scratch_;
};

TEST_F(VaultFolder, WhatIsNoVaultIsNamed) {
    EXPECT_TRUE(fails_with(Code::not_found, open_local_store(files_, scratch_ / "absent")));
    const auto folder = open_local_store(files_, scratch_.path());
    EXPECT_TRUE(fails_with(Code::not_found, folder));
    EXPECT_NE(folder.error().message.find("not a vault"), std::string::npos) << folder.error().message;
    ASSERT_TRUE(is_ok(replace_file(files_, scratch_ / "file", as_bytes("x"), 0600)));
    EXPECT_TRUE(fails_with(Code::usage, open_local_store(files_, scratch_ / "file")));
}

TEST_F(VaultFolder, ALostHeaderIsDamageNotANewFolder) {
    const auto store = create_local_store(files_, scratch_ / "vault");
    ASSERT_TRUE(is_ok(store));
    ASSERT_TRUE(is_ok((*store)->put("vault.json", as_bytes("{}"))));
    ASSERT_TRUE(is_ok((*store)->put("ledger/0000000000000001", as_bytes("{}"))));
    EXPECT_TRUE(is_ok(open_local_store(files_, scratch_ / "vault")));
    ASSERT_TRUE(is_ok((*store)->remove("vault.json")));
    EXPECT_TRUE(fails_with(Code::corrupt, open_local_store(files_, scratch_ / "vault")));
    EXPECT_TRUE(fails_with(Code::usage, create_local_store(files_, scratch_ / "vault"))) << "init must not take it";
}

TEST_F(VaultFolder, InitTakesEmptyFoldersOnly) {
    EXPECT_TRUE(is_ok(create_local_store(files_, scratch_ / "new/deep/vault")));
    ASSERT_TRUE(is_ok(make_directories(files_, scratch_ / "disk/lost+found", 0700)));
    EXPECT_TRUE(is_ok(create_local_store(files_, scratch_ / "disk"))) << "the root of a fresh ext4";
    ASSERT_TRUE(is_ok(make_directories(files_, scratch_ / "full/photos", 0700)));
    EXPECT_TRUE(fails_with(Code::usage, create_local_store(files_, scratch_ / "full")));
    EXPECT_EQ(1u, files_.list(scratch_ / "full")->size()) << "and nothing was put there";
}

TEST_F(VaultFolder, AnUnfinishedInitIsTakenAgainAndAFinishedOneNot) {
    const auto first = create_local_store(files_, scratch_ / "vault");
    ASSERT_TRUE(is_ok(first));
    ASSERT_TRUE(is_ok((*first)->put("vault.json", as_bytes("of the first try"))));
    const auto second = create_local_store(files_, scratch_ / "vault");
    ASSERT_TRUE(is_ok(second));
    EXPECT_TRUE(fails_with(Code::not_found, (*second)->info("vault.json"))) << "an old identity would survive";
    ASSERT_TRUE(is_ok((*second)->put("vault.json", as_bytes("{}"))));
    ASSERT_TRUE(is_ok((*second)->put("ledger/0000000000000001", as_bytes("{}"))));
    EXPECT_TRUE(fails_with(Code::usage, create_local_store(files_, scratch_ / "vault")));
}

TEST_F(VaultFolder, TheReserveIsUnderAChecksum) {
    const Bytes content = reserve_content();
    EXPECT_EQ(kReserveSize, content.size());
    EXPECT_EQ(content, reserve_content());
    const auto store = create_local_store(files_, scratch_ / "vault");
    ASSERT_TRUE(is_ok(store));
    EXPECT_EQ(content, *(*store)->get("reserve", kReserveSize));
}

TEST(Marks, EveryFlippedBitAndEveryCutIsDamage) {
    Marks marks;
    marks.generation = 42;
    for (Byte i = 0; i < 5; ++i) marks.packs.insert(ObjectId::from(Bytes(32, i)));
    const Bytes bytes = encode(marks);
    const auto decoded = decode_marks(bytes);
    ASSERT_TRUE(is_ok(decoded));
    EXPECT_EQ(marks.packs, decoded->packs);
    EXPECT_EQ(42u, decoded->generation);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        Bytes flipped = bytes;
        flipped[bit / 8] = static_cast<Byte>(flipped[bit / 8] ^ 1 << bit % 8);
        ASSERT_TRUE(fails_with(Code::corrupt, decode_marks(flipped))) << "bit " << bit;
    }
    for (std::size_t size = 0; size < bytes.size(); ++size)
        ASSERT_TRUE(fails_with(Code::corrupt, decode_marks(ByteView(bytes).first(size)))) << size;
}

}  // namespace
}  // namespace custody::test
