// The compiled standard library. Its sources lie where the distribution put them and may not be writable; tools/precompile_library.py
// compiles them into a folder beside the binary when Adder is built, and importlib looks for their compiled files there.
#include "runtime/library_cache.h"
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "compile/instruction.h"
#include "compile/stored_code.h"
#include "object/audit.h"
#include "object/builtin.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/interpreter.h"

namespace adder {

namespace {

// The four bytes that begin a compiled file: the instruction set's number (compile/instruction.h) and CPython's line end.
std::string magic_bytes() {
  uint16_t magic = bytecode_magic();
  return {static_cast<char>(magic & 0xFF), static_cast<char>(magic >> 8), '\r', '\n'};
}

// The pack: all the library's code in stored form (compile/stored_code.h) in one file. A Pack, its buckets, then keys and code where these
// say. The key is the source's path within the library, of a frozen module the code's file name. What every start needs comes first and is
// mapped at once, other code when it is wanted: the kernel counts all of a mapping as used that it holds in the same large page.
struct Pack {
  char signature[8];
  uint32_t magic;    // pack_magic()
  uint32_t buckets;  // open addressing by hash_key; a power of two, some are empty
  uint64_t size;     // of the whole file
  uint64_t begin;    // of the part that is mapped at once

  struct Bucket {
    uint32_t key, key_size, code, code_size, source_time, source_size;  // code 0: empty
  };
  const Bucket* bucket(uint32_t i) const { return reinterpret_cast<const Bucket*>(this + 1) + i; }
  const char* at(uint32_t offset) const { return reinterpret_cast<const char*>(this) + offset; }
};
constexpr std::string_view kPackSignature = "AdderLib";
constexpr uint32_t kPackVersion = 1;
uint32_t pack_magic() { return bytecode_magic() | kPackVersion << 16; }

uint32_t hash_key(std::string_view key) {  // FNV-1a
  uint32_t h = 2166136261u;
  for (char c : key) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  return h;
}

class PackFile {
 public:
  PackFile() {
    Pack head;
    int fd = open_file(&identity_);
    if (fd < 0) return;
    if (read(fd, &head, sizeof head) == static_cast<ssize_t>(sizeof head) && std::string_view{head.signature, 8} == kPackSignature &&
        head.magic == pack_magic() && head.size == static_cast<uint64_t>(identity_.st_size) && head.begin <= head.size) {
      pack_ = reinterpret_cast<const Pack*>(map(fd, 0, head.begin));
      if (pack_) parts_ = static_cast<const char**>(calloc(head.buckets, sizeof(char*)));
    }
    close(fd);
  }
  // Null if there is none, or it is not this binary's, or not whole.
  const Pack* pack() const { return parts_ ? pack_ : nullptr; }
  // A bucket's code, which stays mapped until the process ends; null if it cannot be had.
  const char* code(uint32_t index) {
    const Pack::Bucket* b = pack_->bucket(index);
    if (b->code + uint64_t{b->code_size} <= pack_->begin) return pack_->at(b->code);
    if (!parts_[index]) {
      struct stat now;
      int fd = open_file(&now);
      if (fd < 0) return nullptr;
      // A rebuilt one is another file.
      if (now.st_ino == identity_.st_ino && now.st_dev == identity_.st_dev && now.st_size == identity_.st_size) parts_[index] = map(fd, b->code, b->code_size);
      close(fd);
    }
    return parts_[index];
  }

 private:
  const Pack* pack_ = nullptr;
  const char** parts_ = nullptr;
  struct stat identity_;

  static int open_file(struct stat* st) {
    int fd = open((the_interpreter->config.stdlib_cache + "/library.pack").c_str(), O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, st) == 0) return fd;
    if (fd >= 0) close(fd);
    return -1;
  }
  static const char* map(int fd, size_t offset, size_t size) {
    size_t in_page = offset & 4095;
    void* p = mmap(nullptr, size + in_page, PROT_READ, MAP_PRIVATE, fd, static_cast<off_t>(offset - in_page));
    return p == MAP_FAILED ? nullptr : static_cast<const char*>(p) + in_page;
  }
};
// The code of that key if it is current by its source's time and size; empty without an exception in every other case.
Ref packed_code(std::string_view key, const std::string& source, Value filename) {
  static PackFile file;
  const Pack* pack = file.pack();
  if (!pack) return Ref{};
  for (uint32_t h = hash_key(key);; h++) {
    uint32_t i = h & (pack->buckets - 1);
    const Pack::Bucket* b = pack->bucket(i);
    if (!b->code) return Ref{};
    if (std::string_view{pack->at(b->key), b->key_size} != key) continue;
    struct stat st;
    if (stat(source.c_str(), &st) != 0 || b->source_time != static_cast<uint32_t>(st.st_mtime) || b->source_size != static_cast<uint32_t>(st.st_size)) return Ref{};
    const char* stored = file.code(i);
    if (!stored) return Ref{};
    at_process_end(&forget_stored_names);
    Ref code = load_stored_code(stored, filename);
    if (!code) clear_error();
    return code;
  }
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
  if (!need_code(code.as<PyCodeObject>())) return Ref{};
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

Ref cached_library_code(const std::string& file, Value code_name) {
  const Config& config = the_interpreter->config;
  if (config.stdlib_cache.empty()) return Ref{};
  return packed_code(str_utf8(code_name), config.stdlib + "/" + file, code_name);
}

// What SourceFileLoader.get_code does when a compiled file of the library is current, which is when a module is imported for the second time ever.
Ref library_loader_code(Value loader, Value name) {
  Interpreter& in = *the_interpreter;
  bool is_import_system = false;
  Ref plain = getattr(in.importlib_external, "SourceFileLoader"_id), own_name, path;
  if (plain == Value{type_of(loader)} && lookup_attr(loader, "name"_id, &own_name) > 0 && is_str(own_name) && is_str(name) && str_equal(own_name, name) &&
      lookup_attr(loader, "path"_id, &path) > 0) {
    std::string source(path_text(path));
    is_import_system = source == in.config.stdlib + "/importlib/_bootstrap_external.py";
    if (!in.config.verbose && !audit_active() && !place_in_cache(source).empty()) {
      std::string_view key = std::string_view(source).substr(in.config.stdlib.size() + 1);
      if (Ref code = packed_code(key, source, path)) return is_import_system ? with_our_magic(std::move(code)) : std::move(code);
    }
  }
  clear_error();
  Ref general = getattr(in.importlib_external, "SourceLoader"_id);
  Ref get_code = general ? getattr(general, "get_code"_id) : Ref{};
  Ref code = get_code ? call(get_code, {loader, name}) : Ref{};
  return code && is_import_system ? with_our_magic(std::move(code)) : std::move(code);
}

Ref pack_head() {
  uint32_t magic = pack_magic();
  return bytes_new(std::string(kPackSignature) + std::string(reinterpret_cast<const char*>(&magic), sizeof magic));
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
