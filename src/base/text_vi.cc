#include "base/text_vi.h"

#include <array>

namespace custody {

std::string_view find_vietnamese(std::string_view english) {
    const std::array parts = {
        vietnamese_alerts_texts(),   vietnamese_base_texts(),     vietnamese_catalog_texts(),      vietnamese_cli_texts(),
        vietnamese_config_texts(),   vietnamese_control_texts(),  vietnamese_control_help_texts(), vietnamese_databases_texts(),
        vietnamese_help_texts(),     vietnamese_history_texts(),  vietnamese_jobs_texts(),         vietnamese_keys_texts(),
        vietnamese_media_texts(),    vietnamese_officers_texts(), vietnamese_plans_texts(),        vietnamese_restore_texts(),
        vietnamese_schedule_texts(), vietnamese_service_texts(),  vietnamese_setup_texts(),        vietnamese_sources_texts(),
        vietnamese_store_texts(),    vietnamese_vault_texts(),    vietnamese_words_texts(),        vietnamese_work_texts()};
    for (const auto table : parts) {
        const auto found = std::lower_bound(table.begin(), table.end(), english,
                                            [](const Translation& pair, std::string_view text) { return pair.english < text; });
        if (found != table.end() && found->english == english) return found->vietnamese;
    }
    return {};
}

}  // namespace custody
