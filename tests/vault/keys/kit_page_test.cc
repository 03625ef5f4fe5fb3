#include "tests/support/fake_clock.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/scratch_folder.h"
#include "vault/keys/recovery_kit.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace custody {
namespace {

using test::kCheapCost;
using test::secret_text;

std::string output_of(const std::string& command) {
    std::string out;
    FILE* pipe = popen(("{ " + command + "; } 2>/dev/null").c_str(), "r");
    if (pipe == nullptr) return out;
    char buffer[4096];
    while (const std::size_t count = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, count);
    pclose(pipe);
    return out;
}
bool has_program(const std::string& name) { return !output_of("command -v " + name + " 2>/dev/null").empty(); }

class KitPageTest : public testing::Test {
protected:
    test::ScratchFolder scratch_{"page"};
    test::FakeClock clock_;
    FileSystem& files_ = posix_file_system();
    Secret passphrase_ = secret_text("custodian");
    Keyring keyring_ =
        Keyring::create(files_, clock_, scratch_ / "keyring", Suite::standard, "server-1", passphrase_, kCheapCost).value();

    ExportedKit exported() {
        return export_kit(keyring_, keyring_.unlock(passphrase_).value(), secret_text("kit"), {}, kCheapCost).value();
    }
    std::string written(const Bytes& pdf) {
        const std::string path = scratch_ / "kit.pdf";
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(pdf.data()), static_cast<std::streamsize>(pdf.size()));
        return path;
    }
};

TEST_F(KitPageTest, PrintedScannedAndReadBackItIsTheKit) {
    if (!has_program("pdftoppm") || !has_program("zbarimg")) GTEST_SKIP() << "pdftoppm and zbarimg are needed to scan the page";
    ASSERT_TRUE(keyring_.remember_head(random_id<VaultId>(), {7, sha256(as_bytes("7"))}).ok());
    for (const bool large : {false, true}) {
        if (large) {
            for (int i = 0; i < 12; ++i) ASSERT_TRUE(keyring_.add_label("label-" + std::to_string(i)).ok());
        }
        const ExportedKit kit = exported();
        const auto pdf = render_kit_page(kit.file, kit.contents, "UBND phường Đồ Sơn");
        ASSERT_TRUE(pdf.ok()) << pdf.error().message;
        const std::string path = written(*pdf);
        output_of("pdftoppm -r 300 -gray " + path + " " + scratch_.path() + "/page");
        const std::string codes = output_of("zbarimg -q --raw -Sdisable -Sqrcode.enable " + scratch_.path() + "/page*.pgm");
        const auto scanned = read_kit(as_bytes(codes));
        ASSERT_TRUE(scanned.ok()) << scanned.error().message;
        EXPECT_EQ(*scanned, kit.file);
        output_of("rm " + scratch_.path() + "/page*.pgm");
    }
}

TEST_F(KitPageTest, SaysWhatItIsAndWhatToType) {
    if (!has_program("pdftotext")) GTEST_SKIP() << "pdftotext is needed to read the page";
    const ExportedKit kit = exported();
    const std::string text =
        output_of("pdftotext -layout " + written(render_kit_page(kit.file, kit.contents, "UBND").value()) + " -");
    for (const char* expected : {"BỘ KHÓA KHÔI PHỤC SỐ 1", "Recovery kit no. 1", "03/11/2026", "custody key import kit.txt",
                                 "custody key import --check kit.txt", "custody restore latest", "UBND", "config"}) {
        EXPECT_NE(text.find(expected), std::string::npos) << expected;
    }
    const auto lines = kit_to_lines(kit.file);
    EXPECT_NE(text.find(lines.front()), std::string::npos);
    EXPECT_NE(text.find(lines.back()), std::string::npos);
    EXPECT_EQ(text.find('\f'), text.size() - 1) << "a kit of the built-in labels takes one page";
}

TEST_F(KitPageTest, AKitForOfficersNamesTheirKeysAndNoPassphrase) {
    if (!has_program("pdftotext")) GTEST_SKIP() << "pdftotext is needed to read the page";
    const PublicKey lan = x25519_public(make_x25519_secret()), minh = x25519_public(make_x25519_secret());
    const ExportedKit kit = export_kit(keyring_, keyring_.unlock(passphrase_).value(), Secret(), {lan, minh}, kCheapCost).value();
    const std::string text =
        output_of("pdftotext -layout " + written(render_kit_page(kit.file, kit.contents, "UBND").value()) + " -");
    for (const std::string& expected :
         {to_hex(lan).substr(0, 16), to_hex(minh).substr(0, 16), std::string("custody key import kit.txt --officer-key FILE"),
          std::string("custody key import --check kit.txt --officer-key FILE")}) {
        EXPECT_NE(text.find(expected), std::string::npos) << expected << text;
    }
    EXPECT_EQ(text.find("passphrase"), std::string::npos);
}

}  // namespace
}  // namespace custody
