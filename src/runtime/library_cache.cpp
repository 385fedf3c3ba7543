// The compiled standard library. Its sources lie where the distribution put them and may not be writable; tools/precompile_library.py
// compiles them into a folder beside the binary when Adder is built, and importlib looks for their compiled files there.
#include "runtime/library_cache.h"
#include <cstdint>
#include <cstdio>
#include <string>
#include <sys/stat.h>
#include "compile/instruction.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/interpreter.h"

namespace adder {

Ref marshal_loads(std::string_view data);  // modules/marshal.cpp

namespace {

// The four bytes that begin a compiled file: the instruction set's number (compile/instruction.h) and CPython's line end.
std::string magic_bytes() {
  uint16_t magic = bytecode_magic();
  return {static_cast<char>(magic & 0xFF), static_cast<char>(magic >> 8), '\r', '\n'};
}

uint32_t word_at(const std::string& data, size_t at) {
  uint32_t word = 0;
  for (size_t i = 0; i < 4; i++) word |= static_cast<uint32_t>(static_cast<unsigned char>(data[at + i])) << (8 * i);
  return word;
}

}  // namespace

bool read_file(const std::string& path, std::string* out) {
  FILE* f = fopen(path.c_str(), "rb");
  if (!f) return raise_errno_with(PyExc_OSError, str_decode_fs(path));
  char buffer[65536];
  size_t n;
  out->clear();
  while ((n = fread(buffer, 1, sizeof buffer, f)) > 0) out->append(buffer, n);
  fclose(f);
  return true;
}

Ref cached_library_code(const char* file) {
  const Config& config = the_interpreter->config;
  if (config.stdlib_cache.empty()) return Ref{};
  std::string data;
  struct stat st;
  if (stat((config.stdlib + "/" + file).c_str(), &st) != 0) return Ref{};
  if (!read_file(config.stdlib_cache + "/" + file + ".frozen", &data)) return clear_error(), Ref{};
  // The header of PEP 552: magic, flags, the source's time and size.
  if (data.size() < 16 || data.compare(0, 4, magic_bytes()) != 0 || word_at(data, 4) != 0 ||
      word_at(data, 8) != static_cast<uint32_t>(st.st_mtime) || word_at(data, 12) != static_cast<uint32_t>(st.st_size))
    return Ref{};
  Ref code = marshal_loads(std::string_view(data).substr(16));
  if (!code) clear_error();
  return code && is_exact(code, &PyCode_Type) ? std::move(code) : Ref{};
}

Ref cache_from_source(Value path, Value debug_override, Value optimization) {
  const Config& config = the_interpreter->config;
  auto given = [](Value v) { return v && !is_none(v); };
  if (!config.stdlib_cache.empty() && config.optimization_level <= 0 && is_str(path) && !given(debug_override) && !given(optimization)) {
    std::string_view text = str_utf8(path);
    if (!text.data()) clear_error();
    std::string prefix = config.stdlib + "/";
    Value elsewhere = sys_get("pycache_prefix");
    if (text.size() > prefix.size() + 3 && text.compare(0, prefix.size(), prefix) == 0 && text.substr(text.size() - 3) == ".py" &&
        text.find("/test/") == text.npos && (!elsewhere || is_none(elsewhere))) {
      std::string cached = config.stdlib_cache + "/" + std::string(text.substr(prefix.size())) + "c";
      return str_decode_fs(cached);
    }
  }
  Ref original = getattr(the_interpreter->importlib_external, "_cache_beside_source"_id);
  if (!original) return Ref{};
  Ref names = tuple_of({Value{"optimization"_id}});
  Value args[3] = {path, given(debug_override) ? debug_override : none(), given(optimization) ? optimization : none()};
  return names ? call(original, Args{args, 2, names.object()}) : Ref{};
}

bool install_library_cache(Value external) {
  Ref magic = bytes_new(magic_bytes());
  if (!magic || !setattr(external, "MAGIC_NUMBER"_id, magic)) return false;
  if (!setattr(external, "_RAW_MAGIC_NUMBER"_id, Value::from_int(bytecode_magic() | int64_t{0x0A0D} << 16))) return false;
  Ref original = getattr(external, "cache_from_source"_id);
  Ref imp = Ref::copy(dict_get_str(the_interpreter->modules, "_imp"_id));
  Ref ours = original && imp ? getattr(imp, "_cache_from_source"_id) : Ref{};
  return ours && setattr(external, "_cache_beside_source"_id, original) && setattr(external, "cache_from_source"_id, ours);
}

}  // namespace adder
