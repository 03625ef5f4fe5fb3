// Names below witness/: what is taken for one spells the same name again.
#include "tests/fuzz/seeds.h"
#include "vault/history/witness.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    using namespace custody;
    const std::uint64_t numbers[] = {0, 1, 9'999'999'999'999'999};
    for (const std::uint64_t n : numbers) fuzz::write_seed(std::to_string(n), as_bytes(witness_name(VaultId{}, n)));
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace custody;
    const std::string_view text = as_text(ByteView(data, size));
    const auto name = parse_witness_name(text);
    if (name && (name->n == 0 || witness_name(name->vault, name->n) != text)) std::abort();
    return 0;
}
