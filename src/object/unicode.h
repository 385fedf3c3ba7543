// Character properties beyond the classes in str.h: full case mappings. Data: unicode_tables.inc.
#pragma once
#include <cstdint>

namespace adder::unicode {

// Full mappings; write 1 to 3 characters, give how many. Final sigma is the caller's.
int lower_full(uint32_t c, uint32_t out[3]);
int upper_full(uint32_t c, uint32_t out[3]);
int title_full(uint32_t c, uint32_t out[3]);
int fold_full(uint32_t c, uint32_t out[3]);
bool is_cased(uint32_t c);
bool is_case_ignorable(uint32_t c);

}  // namespace adder::unicode
