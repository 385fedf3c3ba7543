// Making the dtypes that have parameters, how their elements compare, and the rules of promotion and casting among them.
#include "array/core/parametric.h"

#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "array/core/datetime.h"
#include "array/core/load_store.h"

namespace adder::array {

namespace {

// ---- elements ----------------------------------------------------------------------------------------------------------

bool nonzero_bytes(const DType* dtype, const char* at) {
  for (index_t i = 0; i < dtype->size; ++i)
    if (at[i]) return true;
  return false;
}

int compare_bytes(const DType* dtype, const char* a, const char* b) {
  const int order = std::memcmp(a, b, static_cast<std::size_t>(dtype->size));
  return order < 0 ? -1 : order > 0;
}

int compare_chars(const DType* dtype, const char* a, const char* b) {
  for (index_t i = 0; i < dtype->size; i += 4) {
    const std::uint32_t x = load<std::uint32_t>(a + i), y = load<std::uint32_t>(b + i);
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

bool nonzero_date(const DType*, const char* at) { return load<std::int64_t>(at) != 0; }

// NaT goes last.
int compare_dates(const DType*, const char* a, const char* b) {
  const std::int64_t x = load<std::int64_t>(a), y = load<std::int64_t>(b);
  if (x == y) return 0;
  if (x == kNaT) return 1;
  if (y == kNaT) return -1;
  return x < y ? -1 : 1;
}

// An element brought to the machine's byte order for the time of a call.
struct Native {
  Native(const DType* dtype, const char* at) : memory(dtype->size <= 256 ? small : new (std::nothrow) char[static_cast<std::size_t>(dtype->size)]) {
    if (!memory) return;
    char* args[2] = {const_cast<char*>(at), memory};
    const index_t steps[2] = {0, 0};
    find_cast(dtype, dtype->native())(args, 1, steps);
  }
  ~Native() {
    if (memory != small) delete[] memory;
  }
  alignas(16) char small[256];
  char* memory;
};

bool nonzero_swapped(const DType* dtype, const char* at) {
  Native value(dtype, at);
  return value.memory && dtype->native()->elements->nonzero(dtype->native(), value.memory);
}

int compare_swapped(const DType* dtype, const char* a, const char* b) {
  Native x(dtype, a), y(dtype, b);
  return x.memory && y.memory ? dtype->native()->elements->compare(dtype->native(), x.memory, y.memory) : 0;
}

index_t items_of(const Structure& s) {
  index_t n = 1;
  for (int i = 0; i < s.nd; ++i) n *= s.shape[i];
  return n;
}

bool nonzero_void(const DType* dtype, const char* at) {
  const Structure* s = dtype->structure;
  if (!s) return nonzero_bytes(dtype, at);
  if (s->base) {
    for (index_t i = 0; i < items_of(*s); ++i)
      if (s->base->elements->nonzero(s->base, at + i * s->base->size)) return true;
    return false;
  }
  for (int i = 0; i < s->count; ++i)
    if (s->fields[i].dtype->elements->nonzero(s->fields[i].dtype, at + s->fields[i].offset)) return true;
  return false;
}

int compare_void(const DType* dtype, const char* a, const char* b) {
  const Structure* s = dtype->structure;
  if (!s) return compare_bytes(dtype, a, b);
  if (s->base) {
    for (index_t i = 0; i < items_of(*s); ++i)
      if (int order = s->base->elements->compare(s->base, a + i * s->base->size, b + i * s->base->size)) return order;
    return 0;
  }
  for (int i = 0; i < s->count; ++i) {
    const Field& f = s->fields[i];
    if (int order = f.dtype->elements->compare(f.dtype, a + f.offset, b + f.offset)) return order;
  }
  return 0;
}

// Structures with references: part by part.
void copy_void(const DType* dtype, char* to, const char* from) {
  const Structure* s = dtype->structure;
  if (s->base) {
    for (index_t i = 0; i < items_of(*s); ++i) copy_element(s->base, to + i * s->base->size, from + i * s->base->size);
    return;
  }
  for (int i = 0; i < s->count; ++i) copy_element(s->fields[i].dtype, to + s->fields[i].offset, from + s->fields[i].offset);
}

void destroy_void(const DType* dtype, char* at, index_t n) {
  const Structure* s = dtype->structure;
  for (; n > 0; --n, at += dtype->size) {
    if (s->base) {
      destroy_elements(s->base, at, items_of(*s));
      continue;
    }
    for (int i = 0; i < s->count; ++i) destroy_elements(s->fields[i].dtype, at + s->fields[i].offset, 1);
  }
}

constexpr Elements kTextElements = {nonzero_bytes, compare_bytes};
constexpr Elements kCharElements = {nonzero_bytes, compare_chars};
constexpr Elements kDateElements = {nonzero_date, compare_dates};
constexpr Elements kSwappedElements = {nonzero_swapped, compare_swapped};
constexpr Elements kVoidElements = {nonzero_void, compare_void};
constexpr Elements kGapElements = {nonzero_void, compare_void, copy_void};  // what lies between the fields is left alone
constexpr Elements kReferenceElements = {nonzero_void, compare_void, copy_void, destroy_void};
Elements object_elements = {};

// ---- the table of those made --------------------------------------------------------------------------------------------

std::mutex made_lock;

std::map<std::string, const DType*>& made() {
  static auto* table = new std::map<std::string, const DType*>;
  return *table;
}

const char* lasting(const std::string& text) {
  char* copy = new char[text.size() + 1];
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

// The dtype of this key, made by `make` the first time.
template <class F>
const DType* interned(const std::string& key, F make) {
  std::lock_guard hold(made_lock);
  const DType*& slot = made()[key];
  if (!slot) slot = make();
  return slot;
}

std::string order_and(char order, const std::string& text) { return std::string(1, order) + text; }

const char* const kUnitNames[] = {"Y", "M", "W", "?", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "generic"};

}  // namespace

const char* unit_name(Unit unit) { return kUnitNames[static_cast<int>(unit)]; }

bool unit_named(const char* text, index_t length, Unit* out) {
  for (int i = 0; i <= static_cast<int>(Unit::generic); ++i)
    if (std::strlen(kUnitNames[i]) == static_cast<std::size_t>(length) && std::strncmp(kUnitNames[i], text, static_cast<std::size_t>(length)) == 0) {
      *out = static_cast<Unit>(i);
      return true;
    }
  if (length == 2 && static_cast<unsigned char>(text[0]) == 0xCE && static_cast<unsigned char>(text[1]) == 0xBC) return false;
  return false;
}

constinit const DType kObject = {"O", 'O', 'O', '|', kObjectClass, sizeof(void*), alignof(void*), "|O", &object_elements, kSpecial | kReferences};

void set_object_elements(const Elements& elements) { object_elements = elements; }

const DType* text_dtype(char kind, index_t length) {
  const std::string key = std::string(1, kind) + std::to_string(length);
  return interned(key, [&] {
    const bool chars = kind == 'U', raw = kind == 'V';
    const std::string typestr = (chars ? "<" : "|") + key;
    const std::string bare = length ? key : std::string(1, kind);
    auto* d = new DType{lasting(chars ? "<" + bare : bare), kind, kind, chars ? '=' : '|', chars ? kStrClass : raw ? kVoidClass : kBytesClass,
                        chars ? 4 * length : length, chars ? 4 : 1, lasting(typestr), chars ? &kCharElements : raw ? &kVoidElements : &kTextElements, kSpecial};
    return d;
  });
}

const DType* date_dtype(char kind, Unit unit, std::int32_t multiple) {
  std::string suffix;
  if (unit != Unit::generic) suffix = "[" + (multiple == 1 ? std::string() : std::to_string(multiple)) + unit_name(unit) + "]";
  const std::string key = std::string(1, kind) + "8" + suffix;
  return interned(key, [&] {
    const char* name = lasting("<" + key);
    auto* d = new DType{name, kind, kind, '=', kind == 'M' ? kDateClass : kSpanClass, 8, 8, name, &kDateElements, kSpecial};
    d->unit = unit;
    d->multiple = multiple;
    return d;
  });
}

namespace {

std::string quoted(const char* text) {
  std::string out = "'";
  for (const char* p = text; *p; ++p) {
    if (*p == '\'' || *p == '\\') out += '\\';
    out += *p;
  }
  return out + "'";
}

std::string shape_of(const Structure& s) {
  std::string out = "(";
  for (int i = 0; i < s.nd; ++i) out += (i ? ", " : "") + std::to_string(s.shape[i]);
  return out + (s.nd == 1 ? ",)" : ")");
}

// A field's dtype as the text of its structure names it.
std::string inner_text(const DType* d) {
  if (d->structure) return d->name;
  if (d->is_bool()) return "'?'";
  return quoted(d->typestr[0] == '|' ? d->typestr + 1 : d->typestr);
}

// "[('a', '<i4'), …]" where the fields lie one behind the other, otherwise the dict that says all.
std::string structure_text(int count, const Field* fields, index_t size, index_t alignment, bool aligned) {
  index_t at = 0;
  bool packed = true;
  for (int i = 0; i < count; ++i) {
    const index_t align = aligned ? fields[i].dtype->alignment : 1;
    at = (at + align - 1) / align * align;
    packed &= fields[i].offset == at;
    at += fields[i].dtype->size;
  }
  if (aligned) at = (at + alignment - 1) / alignment * alignment;
  packed &= at == size;
  auto named = [](const Field& f) { return f.title ? "(" + quoted(f.title) + ", " + quoted(f.name) + ")" : quoted(f.name); };
  if (packed && !aligned) {
    std::string out = "[";
    for (int i = 0; i < count; ++i) {
      const DType* d = fields[i].dtype;
      if (i) out += ", ";
      out += "(" + named(fields[i]) + ", ";
      if (d->structure && d->structure->base) out += inner_text(d->structure->base) + ", " + shape_of(*d->structure) + ")";
      else out += inner_text(d) + ")";
    }
    return out + "]";
  }
  std::string names = "[", formats = "[", offsets = "[", titles = "[";
  bool titled = false;
  for (int i = 0; i < count; ++i) {
    const char* comma = i ? ", " : "";
    names += comma + quoted(fields[i].name);
    formats += comma + inner_text(fields[i].dtype);
    offsets += comma + std::to_string(fields[i].offset);
    titles += comma + (fields[i].title ? quoted(fields[i].title) : std::string("None"));
    titled |= fields[i].title != nullptr;
  }
  return "{'names': " + names + "], 'formats': " + formats + "], 'offsets': " + offsets + "], " + (titled ? "'titles': " + titles + "], " : "") +
         "'itemsize': " + std::to_string(size) + (aligned ? ", 'aligned': True}" : "}");
}

}  // namespace

const DType* structured_dtype(int count, const Field* fields, index_t size, index_t alignment, bool aligned) {
  std::string key = aligned ? "V!" : "V:";
  for (int i = 0; i < count; ++i) {
    const Field& f = fields[i];
    char numbers[64];
    std::snprintf(numbers, sizeof numbers, "|%p|%td|", static_cast<const void*>(f.dtype), f.offset);
    key += std::to_string(std::strlen(f.name)) + f.name + numbers + (f.title ? f.title : "");
  }
  key += "#" + std::to_string(size);
  return interned(key, [&] {
    unsigned traits = kSpecial;
    auto* own = new Field[static_cast<std::size_t>(count) + 1];
    index_t covered = 0;
    for (int i = 0; i < count; ++i) {
      covered += fields[i].dtype->size;
      own[i] = {lasting(fields[i].name), fields[i].title ? lasting(fields[i].title) : nullptr, fields[i].dtype, fields[i].offset};
      traits |= fields[i].dtype->traits;
    }
    auto* s = new Structure{count, own, aligned};
    auto* d = new DType{lasting(structure_text(count, fields, size, alignment, aligned)), 'V', 'V', '|', kVoidClass, size, aligned ? alignment : 1,
                        lasting("|V" + std::to_string(size)), traits & kReferences ? &kReferenceElements : covered == size ? &kVoidElements : &kGapElements, traits};
    d->structure = s;
    return d;
  });
}

const DType* with_scalar(const DType* dtype, const void* scalar) {
  const DType* plain = dtype->structure->plain ? dtype->structure->plain : dtype;
  if (!scalar) return plain;
  char key[64];
  std::snprintf(key, sizeof key, "R%p,%p", static_cast<const void*>(plain), scalar);
  return interned(key, [&] {
    auto* s = new Structure{*plain->structure};
    s->scalar = scalar;
    s->plain = plain;
    auto* d = new DType{*plain};
    d->structure = s;
    d->host = nullptr;
    return d;
  });
}

const DType* subarray_dtype(const DType* base, int nd, const index_t* shape) {
  if (nd == 0) return base;
  if (base->structure && base->structure->base) {
    // A sub-array of sub-arrays is one of more dimensions.
    index_t joint[kMaxDims];
    int n = 0;
    for (int i = 0; i < nd && n < kMaxDims; ++i) joint[n++] = shape[i];
    for (int i = 0; i < base->structure->nd && n < kMaxDims; ++i) joint[n++] = base->structure->shape[i];
    return subarray_dtype(base->structure->base, n, joint);
  }
  char head[64];
  std::snprintf(head, sizeof head, "A%p", static_cast<const void*>(base));
  std::string key = head;
  index_t items = 1;
  for (int i = 0; i < nd; ++i) {
    key += "," + std::to_string(shape[i]);
    items *= shape[i];
  }
  return interned(key, [&] {
    auto* dims = new index_t[static_cast<std::size_t>(nd)];
    std::memcpy(dims, shape, sizeof(index_t) * static_cast<std::size_t>(nd));
    auto* s = new Structure{0, nullptr, false, base, nd, dims};
    const index_t size = items * base->size;
    auto* d = new DType{lasting("(" + inner_text(base) + ", " + shape_of(*s) + ")"), 'V', 'V', '|', kVoidClass, size, base->alignment,
                        lasting("|V" + std::to_string(size)), base->has_references() ? &kReferenceElements : &kVoidElements, kSpecial | base->traits};
    d->structure = s;
    return d;
  });
}

const DType* swapped_dtype(const DType* d) {
  if (d->swapped_from) return d->swapped_from;
  if (d->structure) {
    const Structure& s = *d->structure;
    if (s.base) return subarray_dtype(swapped_dtype(s.base), s.nd, s.shape);
    std::vector<Field> fields(s.fields, s.fields + s.count);
    for (Field& f : fields) f.dtype = swapped_dtype(f.dtype);
    return structured_dtype(s.count, fields.data(), d->size, d->alignment, s.aligned);
  }
  if (d->order == '|' || d->size == 0) return d;
  return interned(order_and('>', d->typestr + 1), [&] {
    const std::string typestr = order_and('>', d->typestr + 1);
    auto* swapped = new DType{*d};
    swapped->host = nullptr;
    swapped->order = '>';
    swapped->typestr = swapped->name = lasting(typestr);
    swapped->traits |= kSpecial;
    swapped->elements = &kSwappedElements;
    swapped->swapped_from = d;
    if (d->is_number()) swapped->number = kSwappedClass;
    return swapped;
  });
}

void destroy_elements(const DType* dtype, char* at, index_t n) {
  if (dtype->elements->destroy) dtype->elements->destroy(dtype, at, n);
}

// ---- promotion and casting ----------------------------------------------------------------------------------------------

namespace {

// Characters that a number takes as text.
index_t text_size(const DType* d) {
  switch (d->kind) {
    case 'b': return 5;
    case 'u': return d->size == 1 ? 3 : d->size == 2 ? 5 : d->size == 4 ? 10 : 20;
    case 'i': return d->size == 1 ? 4 : d->size == 2 ? 6 : d->size == 4 ? 11 : 21;
    case 'f': return d->size > 8 ? 48 : 32;
    case 'c': return d->size > 16 ? 96 : 64;
    case 'M': return date_text_size(d->unit);
    case 'm': return 21;
    case 'V': return d->size;
    default: return text_length(d);
  }
}

const DType* promote_structures(const DType* a, const DType* b) {
  const Structure &x = *a->structure, &y = *b->structure;
  if (x.base || y.base) {
    if (!x.base || !y.base || x.nd != y.nd || std::memcmp(x.shape, y.shape, sizeof(index_t) * static_cast<std::size_t>(x.nd)) != 0) return nullptr;
    const DType* base = promote(x.base, y.base);
    return base ? subarray_dtype(base, x.nd, x.shape) : nullptr;
  }
  if (x.count != y.count) return nullptr;
  std::vector<Field> fields;
  index_t at = 0, widest = 1;
  const bool aligned = x.aligned || y.aligned;
  for (int i = 0; i < x.count; ++i) {
    if (std::strcmp(x.fields[i].name, y.fields[i].name) != 0) return nullptr;
    const DType* d = promote(x.fields[i].dtype, y.fields[i].dtype);
    if (!d) return nullptr;
    const index_t align = aligned ? d->alignment : 1;
    widest = align > widest ? align : widest;
    at = (at + align - 1) / align * align;
    fields.push_back({x.fields[i].name, x.fields[i].title, d, at});
    at += d->size;
  }
  at = (at + widest - 1) / widest * widest;
  return structured_dtype(x.count, fields.data(), at, widest, aligned);
}

}  // namespace

const DType* promote_special(const DType* a, const DType* b) {
  a = a->native();
  b = b->native();
  if (a == b) return a;
  if (!a->is_special() && !b->is_special()) return promote(a, b);
  if (a->is_object() || b->is_object()) return &kObject;
  if (a->is_number() && b->is_number()) return a->is_complex() || b->is_complex() ? &kLongComplex : &kLongDouble;
  if (a->is_date() && b->is_date()) {
    Unit unit;
    std::int32_t multiple;
    if (!common_unit(*a, *b, &unit, &multiple)) return nullptr;
    return date_dtype(a->kind == 'M' || b->kind == 'M' ? 'M' : 'm', unit, multiple);
  }
  const bool text = a->is_text() || b->is_text();
  if (text && (a->kind != 'V' && b->kind != 'V') && !a->is_date() && !b->is_date()) {
    const index_t x = text_size(a), y = text_size(b);
    return text_dtype(a->kind == 'U' || b->kind == 'U' ? 'U' : 'S', x > y ? x : y);
  }
  if (a->kind == 'm' && (b->is_integer() || b->is_bool())) return a;
  if (b->kind == 'm' && (a->is_integer() || a->is_bool())) return b;
  if (a->kind == 'V' && b->kind == 'V') {
    if (a->structure && b->structure) return promote_structures(a, b);
    if (!a->structure && !b->structure) return a->size >= b->size ? a : b;
  }
  return nullptr;
}

bool can_cast_special(const DType* from, const DType* to, Casting casting) {
  if (casting == Casting::unsafe) return true;
  const DType *a = from->native(), *b = to->native();
  if (a == b) return casting != Casting::no || from == to;
  if (!a->is_special() && !b->is_special()) return can_cast(a, b, casting);
  if (a->structure && b->structure) {
    const Structure &x = *a->structure, &y = *b->structure;
    if (!x.base != !y.base || x.count != y.count) return false;
    if (x.base) return x.nd == y.nd && std::memcmp(x.shape, y.shape, sizeof(index_t) * static_cast<std::size_t>(x.nd)) == 0 && can_cast(x.base, y.base, casting);
    for (int i = 0; i < x.count; ++i) {
      if (std::strcmp(x.fields[i].name, y.fields[i].name) != 0 && casting < Casting::same_kind) return false;
      if (!can_cast(x.fields[i].dtype, y.fields[i].dtype, casting)) return false;
    }
    return casting >= Casting::equiv;
  }
  if (casting <= Casting::equiv) return false;
  if (a->is_number() && b->is_number()) {
    if (promote(a, b) == b) return true;
    auto rank = [](char kind) { return kind == 'c' ? 4 : kind == 'f' ? 3 : 2; };
    return casting == Casting::same_kind && rank(a->kind) <= rank(b->kind);
  }
  if (b->is_object()) return true;
  if (a->is_object()) return false;
  if (a->is_date() && b->is_date()) {
    if (a->kind != b->kind) return false;
    return can_cast_units(*a, *b, casting);
  }
  if (b->kind == 'm') {
    if (a->is_bool()) return true;
    if (a->is_integer()) return casting == Casting::same_kind || !(a->kind == 'u' && a->size == 8);
    return false;
  }
  if (a->kind == 'm' && b->kind == 'i' && casting == Casting::same_kind) return false;
  if (b->is_text()) {
    if (a->kind == 'V' || (a->kind == 'U' && b->kind == 'S')) return false;
    if (casting == Casting::same_kind) return true;
    return b->size == 0 || text_size(a) <= text_length(b);
  }
  if (b->kind == 'V' && !b->structure) {
    return casting == Casting::same_kind || a->size <= b->size;
  }
  return false;
}

}  // namespace adder::array
