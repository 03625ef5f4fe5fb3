// The printed recovery kit: A4, Vietnamese first, English under it. What a person needs on a bad day stands on it: the codes, the
// same as lines to type, what they belong to, and the commands. The only file that knows Cairo, Pango and libqrencode.
#include "base/records/officer_key.h"
#include "base/text.h"
#include "vault/keys/recovery_kit.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <qrencode.h>

#include <algorithm>
#include <cmath>
#include <memory>

#ifdef __SANITIZE_ADDRESS__
// Fontconfig keeps what it parsed from its settings until the process ends, in a way the leak checker does not see.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig"; }
#endif

namespace custody {
namespace {

// Points: 1/72 inch.
constexpr double kMillimetre = 72.0 / 25.4;
constexpr double kPageWidth = 210 * kMillimetre, kPageHeight = 297 * kMillimetre;
constexpr double kMargin = 12 * kMillimetre;
constexpr double kInnerWidth = kPageWidth - 2 * kMargin;
constexpr double kFooterHeight = 5 * kMillimetre;
constexpr double kBottom = kPageHeight - kMargin - kFooterHeight;
constexpr double kQrSize = 84 * kMillimetre;
constexpr double kColumnGap = 6 * kMillimetre;
// A code of version 32 or less: at least 0.55 mm a module at the size above, which a telephone reads from paper. A kit of some
// ten labels fits into one code of the lowest level of correction; the lines to type are the other way in, should it be torn.
constexpr std::size_t kMaxQrLetters = 2800;
constexpr std::size_t kMaxLettersAtMedium = 1800;
constexpr int kQuietModules = 4;

constexpr const char* kText = "Liberation Serif,Noto Serif,DejaVu Serif,serif";
constexpr const char* kMono = "Liberation Mono,Noto Sans Mono,DejaVu Sans Mono,monospace";

struct Style {
    const char* family = kText;
    double size_pt = 9;
    bool bold = false;
    double grey = 0;  // 0 black
    PangoAlignment align = PANGO_ALIGN_LEFT;
};
constexpr Style kBody{};
constexpr Style kSmall{kText, 7.5, false, 0.3, PANGO_ALIGN_LEFT};
constexpr Style kBoldBody{kText, 9, true, 0, PANGO_ALIGN_LEFT};
constexpr Style kCode{kMono, 8, false, 0, PANGO_ALIGN_LEFT};

struct Unref {
    void operator()(void* object) const { g_object_unref(object); }
};
struct Destroy {
    void operator()(cairo_t* context) const { cairo_destroy(context); }
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
    void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
    void operator()(QRcode* code) const { QRcode_free(code); }
};

cairo_status_t append_pdf(void* out, const unsigned char* data, unsigned length) {
    append(*static_cast<Bytes*>(out), {data, length});
    return CAIRO_STATUS_SUCCESS;
}

// A PDF in the making, with a cursor that runs down the page.
class Paper {
public:
    explicit Paper(std::string footer) : footer_(std::move(footer)) {
        surface_.reset(cairo_pdf_surface_create_for_stream(append_pdf, &pdf_, kPageWidth, kPageHeight));
        context_.reset(cairo_create(surface_.get()));
        font_map_.reset(pango_cairo_font_map_new());
        pango_.reset(pango_font_map_create_context(font_map_.get()));
    }
    void set_metadata(const std::string& title, Time made) {
        cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_TITLE, title.c_str());
        cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_CREATOR, "Custody");
        cairo_pdf_surface_set_metadata(surface_.get(), CAIRO_PDF_METADATA_CREATE_DATE, to_rfc3339_utc(made).c_str());
    }

    [[nodiscard]] double y() const { return y_; }
    void move_to(double y) { y_ = y; }
    void skip(double points) { y_ += points; }
    // Begins a new page unless `height` fits on this one.
    void need(double height) {
        if (y_ + height > kBottom) new_page();
    }

    // Wrapped text with its top at (x, y); its height.
    double text_at(double x, double y, double width, std::string_view text, const Style& style) {
        const std::unique_ptr<PangoLayout, Unref> layout(pango_layout_new(pango_.get()));
        const std::unique_ptr<PangoFontDescription, Destroy> font(pango_font_description_from_string(style.family));
        pango_font_description_set_absolute_size(font.get(), style.size_pt * PANGO_SCALE);
        if (style.bold) pango_font_description_set_weight(font.get(), PANGO_WEIGHT_BOLD);
        pango_layout_set_font_description(layout.get(), font.get());
        pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
        pango_layout_set_width(layout.get(), static_cast<int>(width * PANGO_SCALE));
        pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
        pango_layout_set_alignment(layout.get(), style.align);
        missing_glyphs_ += pango_layout_get_unknown_glyphs_count(layout.get());
        cairo_set_source_rgb(context_.get(), style.grey, style.grey, style.grey);
        cairo_move_to(context_.get(), x, y);
        pango_cairo_show_layout(context_.get(), layout.get());
        int height = 0;
        pango_layout_get_size(layout.get(), nullptr, &height);
        return static_cast<double>(height) / PANGO_SCALE;
    }
    void paragraph(std::string_view text, const Style& style, double gap) {
        skip(text_at(kMargin, y_, kInnerWidth, text, style) + gap);
    }
    void rule(double gap) {
        cairo_set_source_rgb(context_.get(), 0, 0, 0);
        cairo_set_line_width(context_.get(), 0.6);
        cairo_move_to(context_.get(), kMargin, y_);
        cairo_line_to(context_.get(), kPageWidth - kMargin, y_);
        cairo_stroke(context_.get());
        skip(gap);
    }
    // A thin line to write on.
    void blank_to_fill(double x, double width) {
        cairo_set_source_rgb(context_.get(), 0.5, 0.5, 0.5);
        cairo_set_line_width(context_.get(), 0.4);
        cairo_move_to(context_.get(), x, y_);
        cairo_line_to(context_.get(), x + width, y_);
        cairo_stroke(context_.get());
    }
    void dark_square(double x, double y, double width, double height) { cairo_rectangle(context_.get(), x, y, width, height); }
    void fill_squares() {
        cairo_set_source_rgb(context_.get(), 0, 0, 0);
        cairo_fill(context_.get());
    }

    [[nodiscard]] Result<Bytes> finish() {
        end_page();
        cairo_surface_finish(surface_.get());
        const cairo_status_t status = cairo_surface_status(surface_.get());
        if (status != CAIRO_STATUS_SUCCESS) {
            return Error{Code::failed, say("cannot draw the page of the recovery kit: {}", cairo_status_to_string(status))};
        }
        if (missing_glyphs_ > 0) {
            return Error{Code::failed,
                         say("no installed font has all Vietnamese letters; install fonts-dejavu-core and try again")};
        }
        return std::move(pdf_);
    }

private:
    void end_page() {
        ++page_;
        const std::string text = fmt::format("{} · trang / page {}", footer_, page_);
        text_at(kMargin, kPageHeight - kMargin - 8, kInnerWidth, text, Style{kText, 7.5, false, 0.35, PANGO_ALIGN_CENTER});
        cairo_show_page(context_.get());
    }
    void new_page() {
        end_page();
        y_ = kMargin;
    }

    Bytes pdf_;
    std::string footer_;
    std::unique_ptr<cairo_surface_t, Destroy> surface_;
    std::unique_ptr<cairo_t, Destroy> context_;
    std::unique_ptr<PangoFontMap, Unref> font_map_;
    std::unique_ptr<PangoContext, Unref> pango_;
    double y_ = kMargin;
    int page_ = 0;
    int missing_glyphs_ = 0;
};

// Runs of dark modules of a row are one rectangle; each reaches a hair into the next row, or viewers show seams.
Status draw_qr(Paper& paper, const std::string& text, double x, double y) {
    const QRecLevel level = text.size() <= kMaxLettersAtMedium ? QR_ECLEVEL_M : QR_ECLEVEL_L;
    const std::unique_ptr<QRcode, Destroy> code(QRcode_encodeString(text.c_str(), 0, level, QR_MODE_8, 1));
    if (!code) return Error{Code::failed, say("cannot make a QR code of the recovery kit")};
    const int width = code->width;
    const double module = kQrSize / (width + 2 * kQuietModules);
    const auto is_dark = [&](int row, int column) { return (code->data[row * width + column] & 1) != 0; };
    for (int row = 0; row < width; ++row) {
        for (int column = 0; column < width; ++column) {
            if (!is_dark(row, column)) continue;
            const int begin = column;
            while (column + 1 < width && is_dark(row, column + 1)) ++column;
            paper.dark_square(x + (begin + kQuietModules) * module, y + (row + kQuietModules) * module,
                              (column + 1 - begin) * module, module * 1.02);
        }
    }
    paper.fill_squares();
    return done();
}

std::string in_groups(const std::string& text, std::size_t group) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += group) out += (i == 0 ? "" : " ") + text.substr(i, group);
    return out;
}

// Sealed to officers only: there is no passphrase of the kit's own.
bool is_for_officers(const KitContents& kit) {
    return std::none_of(kit.slots.begin(), kit.slots.end(), [](const SlotInfo& slot) { return slot.kind == "passphrase"; });
}

std::string officers_text(const KitContents& kit) {
    std::string text;
    for (const SlotInfo& slot : kit.slots) {
        if (slot.kind == "officer") text += (text.empty() ? "" : "\n") + short_fingerprint(slot.holder);
    }
    return text;
}

void draw_head(Paper& paper, const KitContents& kit, std::string_view organisation) {
    if (!organisation.empty()) {
        paper.paragraph(organisation, Style{kText, 10.5, true, 0, PANGO_ALIGN_LEFT}, 3);
        paper.rule(5);
    }
    paper.paragraph(fmt::format("BỘ KHÓA KHÔI PHỤC SỐ {}", kit.number), Style{kText, 17, true, 0, PANGO_ALIGN_CENTER}, 0);
    paper.paragraph(fmt::format("Recovery kit no. {}", kit.number), Style{kText, 10, false, 0.3, PANGO_ALIGN_CENTER}, 4);
    if (is_for_officers(kit)) {
        paper.paragraph(
            "Cán bộ có tên khóa ghi dưới đây, có tờ này và tệp khóa của mình, thì mở được mọi bản sao lưu. Cất ở nơi khóa kín, "
            "tách "
            "khỏi các ổ đĩa sao lưu.",
            kBody, 1);
        paper.paragraph(
            "Each officer whose key is named below opens every backup with this page and the officer's own key file. Keep it "
            "locked "
            "away, apart from the disks.",
            kSmall, 3);
        return;
    }
    paper.paragraph(
        "Ai có tờ này và mật khẩu của nó thì mở được mọi bản sao lưu. Cất ở nơi khóa kín, tách khỏi các ổ đĩa sao lưu và tách "
        "khỏi mật khẩu. Mật khẩu không được ghi trên tờ này.",
        kBody, 1);
    paper.paragraph(
        "Whoever holds this page and its passphrase opens every backup. Keep it locked away, apart from the disks and the "
        "passphrase.",
        kSmall, 3);
}

// One fact: what it is in both languages, then what it says.
void draw_fact(Paper& paper, double x, double width, std::string_view name, std::string_view english, std::string_view value,
               const Style& style) {
    const double name_height = paper.text_at(x, paper.y(), width, fmt::format("{} / {}", name, english), kSmall);
    paper.skip(name_height);
    paper.skip(paper.text_at(x, paper.y(), width, value, style) + 4);
}

std::string labels_text(const KitContents& kit) {
    std::string text;
    for (const LabelInfo& label : kit.labels) {
        text += (text.empty() ? "" : ", ") + label.name;
        if (label.epoch > 1) text += fmt::format(" ({})", label.epoch);
    }
    return text.empty() ? "–" : text;
}

std::string vaults_text(const KitContents& kit) {
    std::string text;
    for (const auto& [vault, head] : kit.vaults) {
        text += fmt::format("{}{} · {}", text.empty() ? "" : "\n", vault.hex(), head.n);
    }
    return text.empty() ? "–" : text;
}

void draw_facts(Paper& paper, const KitContents& kit, double x, double width) {
    const std::string made = to_rfc3339_local(kit.made).substr(0, 16);
    draw_fact(paper, x, width, "Ngày lập", "Made",
              made.substr(8, 2) + "/" + made.substr(5, 2) + "/" + made.substr(0, 4) + " " + made.substr(11), kBoldBody);
    draw_fact(paper, x, width, "Nhãn", "Labels", labels_text(kit), kBoldBody);
    const Style small_code{kMono, 7.5, false, 0, PANGO_ALIGN_LEFT};
    draw_fact(paper, x, width, "Họ khóa", "Family", kit.family.hex(), small_code);
    draw_fact(paper, x, width, "Kho sao lưu · số mục sổ cái", "Vaults · ledger entries", vaults_text(kit), small_code);
    draw_fact(paper, x, width, "Vân tay SHA-256 của bộ khóa", "SHA-256 fingerprint of the kit",
              in_groups(kit.fingerprint.hex(), 8), small_code);
    if (const std::string officers = officers_text(kit); !officers.empty()) {
        draw_fact(paper, x, width, "Khóa cán bộ mở được", "Officers' keys that open it", officers, small_code);
    }
    for (const auto& [name, english] : {std::pair("Người giữ", "Held by"), std::pair("Nơi cất", "Kept at"),
                                        std::pair("Ngày giao, ký tên", "Handed over on, signature")}) {
        paper.skip(paper.text_at(x, paper.y(), width, fmt::format("{} / {}", name, english), kSmall) + 9);
        paper.blank_to_fill(x, width);
        paper.skip(4);
    }
}

void draw_steps(Paper& paper, const KitContents& kit) {
    struct Step {
        std::string_view vietnamese, english, command;
        bool opens_kit = false;
    };
    constexpr Step kSteps[] = {
        {"1. Quét mã thành văn bản, hoặc gõ các dòng ở dưới, rồi lưu vào tệp kit.txt trên máy mới.",
         "Scan the code as text, or type the lines below, and save that as kit.txt on the new machine.", ""},
        {"2. Lấy lại chùm khóa từ bộ khóa này.", "Bring the keyring back out of this kit.", "custody key import kit.txt", true},
        {"3. Xem các bản sao lưu có trong kho, rồi lấy lại bản mới nhất.",
         "See which backups the vault holds, then restore the newest.",
         "custody snapshots --vault /mnt/disk/vault\ncustody restore latest --vault /mnt/disk/vault --target /srv/restored"},
        {"Kiểm tra bộ khóa còn dùng được (làm ngay sau khi in, rồi mỗi năm):",
         "To prove that this kit still works (at once after printing, then every year):", "custody key import --check kit.txt",
         true},
    };
    paper.paragraph("CÁCH KHÔI PHỤC / HOW TO RESTORE", kBoldBody, 1);
    for (const Step& step : kSteps) {
        paper.need(32);
        paper.paragraph(step.vietnamese, kBody, -1);
        paper.paragraph(step.english, kSmall, 0);
        const std::string command =
            std::string(step.command) + (step.opens_kit && is_for_officers(kit) ? " --officer-key FILE" : "");
        if (!command.empty()) paper.skip(paper.text_at(kMargin + 12, paper.y(), kInnerWidth - 12, command, kCode) + 1);
    }
    paper.skip(3);
}

// Two columns; the first is filled as far down as the second will be, page by page.
void draw_lines(Paper& paper, const std::vector<std::string>& lines) {
    const Style style{kMono, 6.9, false, 0, PANGO_ALIGN_LEFT};
    const double column_width = (kInnerWidth - kColumnGap) / 2;
    constexpr double kLineHeight = 8.2;
    paper.need(24 + 6 * kLineHeight);
    paper.paragraph("CÁC DÒNG ĐỂ GÕ / THE LINES TO TYPE", kBoldBody, 0);
    paper.paragraph(
        "Hoa hay thường, cách hay liền đều được; nhóm cuối phát hiện gõ sai. / Upper or lower case, spaced or not; the last "
        "group "
        "finds typing errors.",
        Style{kText, 7, false, 0.3, PANGO_ALIGN_LEFT}, 2);
    for (std::size_t done_lines = 0; done_lines < lines.size();) {
        const auto rows_left = static_cast<std::size_t>(std::max(1.0, std::floor((kBottom - paper.y()) / kLineHeight)));
        const std::size_t remaining = lines.size() - done_lines;
        const std::size_t rows = std::min(rows_left, (remaining + 1) / 2);
        const double top = paper.y();
        for (std::size_t i = 0; i < std::min(remaining, 2 * rows); ++i) {
            const double x = kMargin + (i < rows ? 0 : column_width + kColumnGap);
            paper.text_at(x, top + static_cast<double>(i % rows) * kLineHeight, column_width + kColumnGap, lines[done_lines + i],
                          style);
        }
        done_lines += std::min(remaining, 2 * rows);
        paper.move_to(top + static_cast<double>(rows) * kLineHeight);
        if (done_lines < lines.size()) paper.need(kBottom);
    }
}

Status draw_codes_and_facts(Paper& paper, const KitContents& contents, const std::vector<std::string>& codes) {
    if (codes.size() == 1) {
        const double top = paper.y();
        TRY(draw_qr(paper, codes.front(), kMargin - 6, top));
        const double x = kMargin + kQrSize + kColumnGap;
        draw_facts(paper, contents, x, kPageWidth - kMargin - x);
        paper.move_to(std::max(paper.y(), top + kQrSize) + 2);
        return done();
    }
    draw_facts(paper, contents, kMargin, kInnerWidth);
    for (std::size_t i = 0; i < codes.size(); i += 2) {
        paper.need(kQrSize + 14);
        for (std::size_t k = i; k < std::min(i + 2, codes.size()); ++k) {
            const double x = kMargin + static_cast<double>(k - i) * (kQrSize + kColumnGap);
            paper.text_at(x, paper.y(), kQrSize, fmt::format("Mã / Code {}/{}", k + 1, codes.size()), kSmall);
            TRY(draw_qr(paper, codes[k], x, paper.y() + 10));
        }
        paper.skip(kQrSize + 14);
    }
    return done();
}

}  // namespace

Result<Bytes> render_kit_page(ByteView file, const KitContents& contents, std::string_view organisation) {
    Paper paper(fmt::format("Custody · bộ khóa khôi phục số {} / recovery kit no. {} · {}", contents.number, contents.number,
                            contents.fingerprint.hex().substr(0, 16)));
    paper.set_metadata(fmt::format("Bộ khóa khôi phục số {}", contents.number), contents.made);
    draw_head(paper, contents, printable(organisation));
    TRY(draw_codes_and_facts(paper, contents, kit_to_qr_parts(file, kMaxQrLetters)));
    draw_steps(paper, contents);
    draw_lines(paper, kit_to_lines(file));
    return paper.finish();
}

}  // namespace custody
