// The Vietnamese table: pairs of English text, exactly as written in a say() or translate(), and its translation. Each part is
// one file text_vi_<subject>.cc with a constexpr array sorted by the English bytes (checked by static_assert), so that no file
// grows beyond what one can read; text_vi.cc names the parts. Placeholders are kept, and may be numbered: {1} {0}.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

namespace custody {

struct Translation {
    std::string_view english;
    std::string_view vietnamese;
};

[[nodiscard]] constexpr bool is_sorted_table(std::span<const Translation> table) {
    return std::adjacent_find(table.begin(), table.end(),
                              [](const Translation& a, const Translation& b) { return a.english >= b.english; }) == table.end();
}

[[nodiscard]] std::span<const Translation> vietnamese_alerts_texts();
[[nodiscard]] std::span<const Translation> vietnamese_base_texts();
[[nodiscard]] std::span<const Translation> vietnamese_catalog_texts();
[[nodiscard]] std::span<const Translation> vietnamese_cli_texts();
[[nodiscard]] std::span<const Translation> vietnamese_config_texts();
[[nodiscard]] std::span<const Translation> vietnamese_control_texts();
[[nodiscard]] std::span<const Translation> vietnamese_control_help_texts();
[[nodiscard]] std::span<const Translation> vietnamese_databases_texts();
[[nodiscard]] std::span<const Translation> vietnamese_help_texts();
[[nodiscard]] std::span<const Translation> vietnamese_history_texts();
[[nodiscard]] std::span<const Translation> vietnamese_jobs_texts();
[[nodiscard]] std::span<const Translation> vietnamese_keys_texts();
[[nodiscard]] std::span<const Translation> vietnamese_media_texts();
[[nodiscard]] std::span<const Translation> vietnamese_officers_texts();
[[nodiscard]] std::span<const Translation> vietnamese_plans_texts();
[[nodiscard]] std::span<const Translation> vietnamese_restore_texts();
[[nodiscard]] std::span<const Translation> vietnamese_schedule_texts();
[[nodiscard]] std::span<const Translation> vietnamese_service_texts();
[[nodiscard]] std::span<const Translation> vietnamese_setup_texts();
[[nodiscard]] std::span<const Translation> vietnamese_sources_texts();
[[nodiscard]] std::span<const Translation> vietnamese_store_texts();
[[nodiscard]] std::span<const Translation> vietnamese_vault_texts();
[[nodiscard]] std::span<const Translation> vietnamese_words_texts();
[[nodiscard]] std::span<const Translation> vietnamese_work_texts();

// The translation, or an empty view when no part has one.
[[nodiscard]] std::string_view find_vietnamese(std::string_view english);

}  // namespace custody
