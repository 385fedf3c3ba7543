// The compiled standard library. Its sources lie where the distribution put them and may not be writable; tools/precompile_library.py
// compiles them into a folder beside the binary when Adder is built, and importlib looks for their compiled files there.
#include "runtime/library_cache.h"
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "compile/instruction.h"
#include "object/audit.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/interpreter.h"

namespace adder {

Ref marshal_loads_trusted(std::string_view data);  // modules/marshal.cpp

namespace {

// The four bytes that begin a compiled file: the instruction set's number (compile/instruction.h) and CPython's line end.
std::string magic_bytes() {
  uint16_t magic = bytecode_magic();
  return {static_cast<char>(magic & 0xFF), static_cast<char>(magic >> 8), '\r', '\n'};
}

// A whole file, mapped.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
    int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
      void* p = mmap(nullptr, static_cast<size_t>(st.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
      if (p != MAP_FAILED) text_ = {static_cast<const char*>(p), static_cast<size_t>(st.st_size)};
    }
    close(fd);
  }
  ~MappedFile() {
    if (text_.data()) munmap(const_cast<char*>(text_.data()), text_.size());
  }
  MappedFile(const MappedFile&) = delete;
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};
uint32_t word_at(std::string_view data, size_t at) {
  uint32_t word = 0;
  for (size_t i = 0; i < 4; i++) word |= static_cast<uint32_t>(static_cast<unsigned char>(data[at + i])) << (8 * i);
  return word;
}
// The code in a compiled file's text if it is current by its source's time and size; empty without an exception in every other case.
Ref current_code(const std::string& source, std::string_view data) {
  struct stat st;
  if (stat(source.c_str(), &st) != 0) return Ref{};
  // The header of PEP 552: magic, flags, the source's time and size.
  if (data.size() < 16 || data.substr(0, 4) != magic_bytes() || word_at(data, 4) != 0 || word_at(data, 8) != static_cast<uint32_t>(st.st_mtime) ||
      word_at(data, 12) != static_cast<uint32_t>(st.st_size))
    return Ref{};
  Ref code = marshal_loads_trusted(data.substr(16));
  if (!code) clear_error();
  return code && is_exact(code, &PyCode_Type) ? std::move(code) : Ref{};
}
// The compiled form of a frozen file of the library, from the one file that holds them all: a start reads a dozen. Each is there as length,
// name, length, text, the lengths in four bytes. Empty if it is not there.
std::string_view packed_file(std::string_view name) {
  static const auto* pack = new MappedFile(the_interpreter->config.stdlib_cache + "/frozen.pack");  // mapped until the process ends
  std::string_view rest = pack->text();
  auto next = [&rest] {
    if (rest.size() < 4) return std::string_view{};
    size_t length = std::min<size_t>(word_at(rest, 0), rest.size() - 4);
    std::string_view part = rest.substr(4, length);
    rest.remove_prefix(4 + length);
    return part;
  };
  while (!rest.empty()) {
    std::string_view found = next(), text = next();
    if (found == name) return text;
  }
  return {};
}
// Where the compiled form of a library's source lies in the cache; empty if it has no place there.
std::string place_in_cache(std::string_view source) {
  const Config& config = the_interpreter->config;
  const std::string& library = config.stdlib;
  if (config.stdlib_cache.empty() || config.optimization_level > 0 || source.size() <= library.size() + 4 ||
      source.substr(0, library.size()) != library || source[library.size()] != '/' || source.substr(source.size() - 3) != ".py" ||
      source.find("/test/") != source.npos)
    return {};
  Value elsewhere = sys_get("pycache_prefix");
  if (elsewhere && !is_none(elsewhere)) return {};
  return config.stdlib_cache + std::string(source.substr(library.size())) + "c";
}
// The source of importlib._bootstrap_external names CPython's magic number, a constant of its code. Whoever imports that source beside
// the frozen import system gets a second one that reads and writes the same compiled files, so it is told the number that they carry.
Ref with_our_magic(Ref code) {
  constexpr int kCPythonMagic = 3495;
  Value consts = code.as<PyCodeObject>()->co_consts;
  Ref ours = tuple_new(tuple_size(consts));
  if (!ours) return Ref{};
  for (Py_ssize_t i = 0; i < tuple_size(consts); i++) {
    Value v = tuple_get(consts, i);
    tuple_init(ours, i, v == Value::from_int(kCPythonMagic) ? Ref::copy(Value::from_int(bytecode_magic())) : Ref::copy(v));
  }
  Ref names = tuple_of({Value{"co_consts"_id}});
  Value args[1] = {ours};
  return names ? call_method(code, "replace"_id, Args{args, 0, names.object()}) : Ref{};
}
std::string_view path_text(Value path) {
  std::string_view text = is_str(path) ? str_utf8(path) : std::string_view{};
  if (!text.data()) clear_error();
  return text;
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
  return current_code(config.stdlib + "/" + file, packed_file(file));
}

// What SourceFileLoader.get_code does when a compiled file of the library is current, which is when a module is imported for the second time ever.
Ref library_loader_code(Value loader, Value name) {
  Interpreter& in = *the_interpreter;
  bool is_import_system = false;
  Ref plain = getattr(in.importlib_external, "SourceFileLoader"_id), own_name, path;
  if (plain == Value{type_of(loader)} && !in.config.verbose && !audit_active() && lookup_attr(loader, "name"_id, &own_name) > 0 && is_str(own_name) && is_str(name) &&
      str_equal(own_name, name) && lookup_attr(loader, "path"_id, &path) > 0) {
    std::string source(path_text(path)), compiled = place_in_cache(source);
    is_import_system = source == in.config.stdlib + "/importlib/_bootstrap_external.py";
    if (!compiled.empty()) {
      if (Ref code = current_code(source, MappedFile(compiled).text())) return is_import_system ? with_our_magic(std::move(code)) : std::move(code);
    }
  }
  clear_error();
  Ref general = getattr(in.importlib_external, "SourceLoader"_id);
  Ref get_code = general ? getattr(general, "get_code"_id) : Ref{};
  Ref code = get_code ? call(get_code, {loader, name}) : Ref{};
  return code && is_import_system ? with_our_magic(std::move(code)) : std::move(code);
}

Ref cache_from_source(Value path, Value debug_override, Value optimization) {
  auto given = [](Value v) { return v && !is_none(v); };
  if (!given(debug_override) && !given(optimization)) {
    std::string cached = place_in_cache(path_text(path));
    if (!cached.empty()) return str_decode_fs(cached);
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
  if (!ours || !setattr(external, "_cache_beside_source"_id, original) || !setattr(external, "cache_from_source"_id, ours)) return false;
  Ref get_code = getattr(imp, "_get_library_code"_id), loader = getattr(external, "SourceFileLoader"_id);
  Ref bound = get_code ? call1(Value{&PyInstanceMethod_Type}, get_code) : Ref{};
  return bound && loader && setattr(loader, "get_code"_id, bound);
}

}  // namespace adder
