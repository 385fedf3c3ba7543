// Character classes and case mappings: two-level lookup in tables generated from Python 3.11's own data (Unicode 14).
#include "object/unicode.h"
#include "object/str.h"

namespace adder::unicode {

namespace {
enum : uint16_t {
  kAlpha = 1, kDecimal = 2, kDigit = 4, kNumeric = 8, kLower = 16, kUpper = 32, kTitle = 64, kSpace = 128,
  kLinebreak = 256, kPrintable = 512, kIdStart = 1024, kIdContinue = 2048, kCaseIgnorable = 4096, kSpecialCase = 8192
};
struct CharRecord {
  uint16_t flags;
  int8_t digit;      // value of a decimal or digit character, -1
  uint16_t special;  // where in kSpecialCases, if kSpecialCase
  int32_t lower, title, upper;  // deltas of the simple mappings
};
#include "object/unicode_tables.inc"

inline const CharRecord& record(uint32_t c) {
  if (ADDER_UNLIKELY(c > 0x10FFFF)) c = 0xD800;
  return kRecords[kRecordOf[(kBlockOf[c >> 7] << 7) | (c & 127)]];
}
inline bool has(uint32_t c, uint16_t flag) { return (record(c).flags & flag) != 0; }

// The special cases of a character stand in a row: lower, title, upper, fold; each a count, then characters.
int special(const CharRecord& r, int which, uint32_t out[3]) {
  const uint32_t* p = kSpecialCases + r.special;
  while (which-- > 0) p += 1 + *p;
  int n = static_cast<int>(*p++);
  for (int i = 0; i < n; i++) out[i] = p[i];
  return n;
}
}  // namespace

bool is_space(uint32_t c) { return has(c, kSpace); }
bool is_alpha(uint32_t c) { return has(c, kAlpha); }
bool is_digit(uint32_t c) { return has(c, kDigit); }
bool is_decimal(uint32_t c) { return has(c, kDecimal); }
bool is_numeric(uint32_t c) { return has(c, kNumeric); }
bool is_upper(uint32_t c) { return has(c, kUpper); }
bool is_lower(uint32_t c) { return has(c, kLower); }
bool is_title(uint32_t c) { return has(c, kTitle); }
bool is_alnum(uint32_t c) { return has(c, kAlpha | kDecimal | kDigit | kNumeric); }
bool is_printable(uint32_t c) { return has(c, kPrintable); }
bool is_linebreak(uint32_t c) { return has(c, kLinebreak); }
bool is_id_start(uint32_t c) { return has(c, kIdStart); }
bool is_id_continue(uint32_t c) { return has(c, kIdContinue); }
bool is_cased(uint32_t c) { return has(c, kLower | kUpper | kTitle); }
bool is_case_ignorable(uint32_t c) { return has(c, kCaseIgnorable); }

int decimal_value(uint32_t c) {
  const CharRecord& r = record(c);
  return (r.flags & kDecimal) ? r.digit : -1;
}
int digit_value(uint32_t c) {
  const CharRecord& r = record(c);
  return (r.flags & kDigit) ? r.digit : -1;
}
uint32_t to_upper(uint32_t c) { return c + static_cast<uint32_t>(record(c).upper); }
uint32_t to_lower(uint32_t c) { return c + static_cast<uint32_t>(record(c).lower); }
uint32_t to_title(uint32_t c) { return c + static_cast<uint32_t>(record(c).title); }

int lower_full(uint32_t c, uint32_t out[3]) {
  const CharRecord& r = record(c);
  if (ADDER_UNLIKELY(r.flags & kSpecialCase)) return special(r, 0, out);
  out[0] = c + static_cast<uint32_t>(r.lower);
  return 1;
}
int title_full(uint32_t c, uint32_t out[3]) {
  const CharRecord& r = record(c);
  if (ADDER_UNLIKELY(r.flags & kSpecialCase)) return special(r, 1, out);
  out[0] = c + static_cast<uint32_t>(r.title);
  return 1;
}
int upper_full(uint32_t c, uint32_t out[3]) {
  const CharRecord& r = record(c);
  if (ADDER_UNLIKELY(r.flags & kSpecialCase)) return special(r, 2, out);
  out[0] = c + static_cast<uint32_t>(r.upper);
  return 1;
}
int fold_full(uint32_t c, uint32_t out[3]) {
  const CharRecord& r = record(c);
  if (ADDER_UNLIKELY(r.flags & kSpecialCase)) return special(r, 3, out);
  out[0] = c + static_cast<uint32_t>(r.lower);
  return 1;
}

}  // namespace adder::unicode
