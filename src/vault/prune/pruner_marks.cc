// Marks that cannot be relied on, before anything else of a prune.
#include "base/text.h"
#include "vault/marks_check.h"
#include "vault/prune/pruner.h"
#include "vault/store/local_store.h"
#include "vault/store/reserve.h"

namespace custody {

// Also where there is nothing to mark: no writer begins while they are damaged.
Status Pruner::renew_marks() {
    TRY_ASSIGN(const std::optional<Marks> fresh, fresh_marks(store_, repository_.state().n));
    if (!fresh) return done();
    const auto present = store_.info(kMarksObject);
    if (!present.ok() && present.error().code == Code::corrupt) TRY(store_.set_aside(kMarksObject));
    TRY(with_reserve(store_, [&] { return store_.replace(kMarksObject, encode(*fresh)); }));
    result_.warnings.push_back(say("{} was missing, damaged or older than the last prune, and is written anew", kMarksObject));
    return done();
}

}  // namespace custody
