// marshal on C streams.
#include <cstdio>
#include <string>
#include <sys/stat.h>
#include "capi/capi.h"
#include "object/bytes.h"

using namespace adder;
using namespace adder::capi;

namespace adder {
Ref marshal_dumps(Value v, int version);
Ref marshal_loads(std::string_view data);
Ref marshal_loads_prefix(std::string_view data, size_t* used);
}

namespace {

// A little-endian signed number; false with EOFError.
bool read_number(FILE* f, int size, int64_t* out) {
  unsigned char raw[8];
  if (fread(raw, 1, static_cast<size_t>(size), f) != static_cast<size_t>(size)) return raise(PyExc_EOFError, "EOF read where data expected");
  uint64_t n = 0;
  for (int i = 0; i < size; i++) n |= uint64_t{raw[i]} << (8 * i);
  *out = size == 2 ? static_cast<int16_t>(n) : static_cast<int32_t>(n);
  return true;
}
std::string rest_of(FILE* f) {
  std::string data;
  char block[8192];
  while (size_t n = fread(block, 1, sizeof block, f)) data.append(block, n);
  return data;
}

}  // namespace

ADDER_API void PyMarshal_WriteLongToFile(long n, FILE* f, int) {
  unsigned char raw[4];
  for (int i = 0; i < 4; i++) raw[i] = static_cast<unsigned char>(n >> (8 * i));
  fwrite(raw, 1, 4, f);
}
ADDER_API void PyMarshal_WriteObjectToFile(PyObject* o, FILE* f, int version) {
  Ref data = marshal_dumps(in(o), version);
  if (data) fwrite(bytes_data(data), 1, static_cast<size_t>(bytes_length(data)), f);
}
ADDER_API long PyMarshal_ReadLongFromFile(FILE* f) {
  int64_t n;
  return read_number(f, 4, &n) ? n : -1;
}
ADDER_API int PyMarshal_ReadShortFromFile(FILE* f) {
  int64_t n;
  return read_number(f, 2, &n) ? static_cast<int>(n) : -1;
}
// The rest of the stream is read at once; what stands behind the object is given back by seeking.
ADDER_API PyObject* PyMarshal_ReadObjectFromFile(FILE* f) {
  long start = ftell(f);
  std::string data = rest_of(f);
  size_t used = 0;
  Ref r = marshal_loads_prefix(data, &used);
  if (r && start >= 0) fseek(f, start + static_cast<long>(used), SEEK_SET);
  return out(std::move(r));
}
ADDER_API PyObject* PyMarshal_ReadLastObjectFromFile(FILE* f) {
  std::string data = rest_of(f);
  return out(marshal_loads(data));
}
ADDER_API PyObject* PyMarshal_WriteObjectToString(PyObject* o, int version) { return out(marshal_dumps(in(o), version)); }
ADDER_API PyObject* PyMarshal_ReadObjectFromString(const char* p, Py_ssize_t n) { return out(marshal_loads({p, static_cast<size_t>(n)})); }
