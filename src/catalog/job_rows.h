// Jobs as rows, for what reads them: jobs.cc, overview.cc.
#pragma once

#include "catalog/jobs.h"
#include "catalog/rows.h"

namespace custody::catalog {

// The columns that job_of() reads, in its order; for "SELECT <this> FROM jobs ...".
extern const char* const kJobColumns;
[[nodiscard]] Job job_of(sqlite::Columns& row);

}  // namespace custody::catalog
