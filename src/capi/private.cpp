// Names that CPython keeps for itself but that its own extension modules import.
#include <cctype>
#include <clocale>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <cwchar>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>
#include "capi/capi.h"
#include "memory/live.h"
#include "modules/posix.h"
#include "object/audit.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"
#include "runtime/gil.h"
#include "runtime/suggestions.h"

using namespace adder;
using namespace adder::capi;

namespace {
PyObject* text(_Py_Identifier* id) { return intern_static(id->string, strlen(id->string)); }
}  // namespace

ADDER_API PyObject* _PyObject_GetAttrId(PyObject* o, _Py_Identifier* id) { return out(getattr(in(o), text(id))); }
ADDER_API int _PyObject_SetAttrId(PyObject* o, _Py_Identifier* id, PyObject* v) { return status(setattr(in(o), text(id), in(v))); }
ADDER_API int _PyObject_LookupAttrId(PyObject* o, _Py_Identifier* id, PyObject** r) { return _PyObject_LookupAttr(o, text(id), r); }
ADDER_API PyObject* _PyObject_LookupSpecialId(PyObject* o, _Py_Identifier* id) { return out(lookup_special(in(o), text(id))); }
ADDER_API int _PyDict_SetItemId(PyObject* d, _Py_Identifier* id, PyObject* v) { return status(dict_set(Value{d}, Value{text(id)}, in(v))); }
ADDER_API int _PyDict_DelItem_KnownHash(PyObject* d, PyObject* k, Py_hash_t) { return PyDict_DelItem(d, k); }
ADDER_API Py_ssize_t _PyDict_SizeOf(PyDictObject* d) {
  Ref n = call_method(Value{reinterpret_cast<PyObject*>(d)}, "__sizeof__"_id);
  int64_t size;
  return n && int_as_i64(n, &size) ? size : -1;
}
ADDER_API PyObject* _PyObject_CallMethodIdObjArgs(PyObject* o, _Py_Identifier* id, ...) {
  Ref method = getattr(in(o), text(id));
  if (!method) return nullptr;
  Value words[16];
  size_t n = 0;
  va_list ap;
  va_start(ap, id);
  while (PyObject* a = va_arg(ap, PyObject*)) {
    if (n < 16) words[n++] = in(a);
  }
  va_end(ap);
  return out(call(method, Args{words, n, nullptr}));
}
ADDER_API PyObject* _PyObject_MakeTpCall(PyThreadState*, PyObject* f, PyObject* const* args, Py_ssize_t n, PyObject* keywords) {
  return keywords && PyDict_Check(keywords) ? PyObject_VectorcallDict(f, args, static_cast<size_t>(n), keywords) : PyObject_Vectorcall(f, args, static_cast<size_t>(n), keywords);
}
ADDER_API void _Py_NewReference(PyObject* o) {
  o->ob_refcnt = 1;
  live_object(o);
}
ADDER_API int _PyLong_FileDescriptor_Converter(PyObject* o, void* p) {
  int fd = PyObject_AsFileDescriptor(o);
  if (fd == -1) return 0;
  *static_cast<int*>(p) = fd;
  return 1;
}
ADDER_API int _Py_convert_optional_to_ssize_t(PyObject* o, void* p) {
  if (o == Py_None) return 1;
  if (!PyIndex_Check(o)) return (void)raise(PyExc_TypeError, "argument should be integer or None, not %.200s", Py_TYPE(o)->tp_name), 0;
  Py_ssize_t n = PyNumber_AsSsize_t(o, PyExc_OverflowError);
  if (n == -1 && error_occurred()) return 0;
  *static_cast<Py_ssize_t*>(p) = n;
  return 1;
}

// --- Text and bytes ---------------------------------------------------------------------------------------------------------------------------------
extern "C" {
__attribute__((visibility("default"))) const char* Py_hexdigits = "0123456789abcdef";
__attribute__((visibility("default"))) extern const unsigned char _Py_ctype_tolower[256];
__attribute__((visibility("default"))) extern const unsigned char _Py_ctype_toupper[256];
__attribute__((visibility("default"))) extern const unsigned int _Py_ctype_table[256];
}
#define LOWER(c) static_cast<unsigned char>((c) >= 'A' && (c) <= 'Z' ? (c) + 32 : (c))
#define UPPER(c) static_cast<unsigned char>((c) >= 'a' && (c) <= 'z' ? (c) - 32 : (c))
// Bits of pyctype.h: lower 1, upper 2, digit 4, hexadecimal 8, space 16.
#define CLASS(c)                                                                                                                  \
  static_cast<unsigned>(((c) >= 'a' && (c) <= 'z' ? 1 : 0) | ((c) >= 'A' && (c) <= 'Z' ? 2 : 0) | ((c) >= '0' && (c) <= '9' ? 12 : 0) | \
                        (((c) >= 'a' && (c) <= 'f') || ((c) >= 'A' && (c) <= 'F') ? 8 : 0) | (((c) >= 9 && (c) <= 13) || (c) == 32 ? 16 : 0))
#define R4(F, c) F(c), F(c + 1), F(c + 2), F(c + 3)
#define R16(F, c) R4(F, c), R4(F, c + 4), R4(F, c + 8), R4(F, c + 12)
#define R64(F, c) R16(F, c), R16(F, c + 16), R16(F, c + 32), R16(F, c + 48)
const unsigned char _Py_ctype_tolower[256] = {R64(LOWER, 0), R64(LOWER, 64), R64(LOWER, 128), R64(LOWER, 192)};
const unsigned char _Py_ctype_toupper[256] = {R64(UPPER, 0), R64(UPPER, 64), R64(UPPER, 128), R64(UPPER, 192)};
const unsigned int _Py_ctype_table[256] = {R64(CLASS, 0), R64(CLASS, 64), R64(CLASS, 128), R64(CLASS, 192)};
#undef LOWER
#undef UPPER
#undef CLASS
#undef R4
#undef R16
#undef R64
ADDER_API PyObject* _Py_strhex(const char* p, Py_ssize_t n) {
  std::string s;
  for (Py_ssize_t i = 0; i < n; i++) {
    auto b = static_cast<unsigned char>(p[i]);
    s += Py_hexdigits[b >> 4];
    s += Py_hexdigits[b & 15];
  }
  return out(str_from_ascii(s));
}
ADDER_API PyObject* _Py_strhex_bytes(const char* p, Py_ssize_t n) {
  Ref s = Ref::steal(Value{_Py_strhex(p, n)});
  return s ? out(bytes_new(str_utf8(s))) : nullptr;
}
namespace {
PyObject* find_in(const char* s, Py_ssize_t n, PyObject* arguments, bool last) {
  Ref b = bytes_new({s, static_cast<size_t>(n)});
  Ref f = b ? getattr(b, last ? "rfind"_id : "find"_id) : Ref{};
  return f ? out(call_tuple_dict(f, Value{arguments}, Value{})) : nullptr;
}
}  // namespace
// What find() of bytes-like objects (mmap) does with its arguments.
ADDER_API PyObject* _Py_bytes_find(const char* s, Py_ssize_t n, PyObject* a) { return find_in(s, n, a, false); }
ADDER_API PyObject* _Py_bytes_rfind(const char* s, Py_ssize_t n, PyObject* a) { return find_in(s, n, a, true); }
ADDER_API Py_ssize_t _PyBytes_Find(const char* h, Py_ssize_t nh, const char* s, Py_ssize_t ns, Py_ssize_t offset) {
  size_t at = std::string_view(h, static_cast<size_t>(nh)).find({s, static_cast<size_t>(ns)});
  return at == std::string_view::npos ? -1 : static_cast<Py_ssize_t>(at) + offset;
}
ADDER_API Py_ssize_t _PyBytes_ReverseFind(const char* h, Py_ssize_t nh, const char* s, Py_ssize_t ns, Py_ssize_t offset) {
  size_t at = std::string_view(h, static_cast<size_t>(nh)).rfind({s, static_cast<size_t>(ns)});
  return at == std::string_view::npos ? -1 : static_cast<Py_ssize_t>(at) + offset;
}

// --- Files ------------------------------------------------------------------------------------------------------------------------------------------
ADDER_API int _Py_fstat_noraise(int fd, struct stat* st) { return fstat(fd, st); }
ADDER_API int _Py_fstat(int fd, struct stat* st) {
  int r;
  {
    ReleaseGil release;
    r = fstat(fd, st);
  }
  return r < 0 ? static_cast<int>(raise_errno(PyExc_OSError)) : 0;
}
ADDER_API FILE* _Py_fopen_obj(PyObject* path, const char* mode) {
  std::string name;
  Ref mode_text = str_from_utf8(mode);
  if (!mode_text || !audit("open", {in(path), mode_text.get(), Value::from_int(0)}) || !str_encode_fs(in(path), &name)) return nullptr;
  FILE* f;
  {
    ReleaseGil release;
    f = fopen(name.c_str(), mode);
  }
  if (!f) return raise_errno_with(PyExc_OSError, in(path));
  fcntl(fileno(f), F_SETFD, FD_CLOEXEC);
  return f;
}
ADDER_API int _Py_open(const char* path, int flags) {
  for (;;) {
    int fd;
    {
      ReleaseGil release;
      fd = open(path, flags | O_CLOEXEC);
    }
    if (fd >= 0) return fd;
    if (errno == EINTR) {
      if (!after_interrupt()) return -1;
      continue;
    }
    int code = errno;
    Ref file = str_decode_fs(path);
    errno = code;
    return file ? static_cast<int>(raise_errno_with(PyExc_OSError, file)) : -1;
  }
}
ADDER_API int _Py_open_noraise(const char* path, int flags) { return open(path, flags | O_CLOEXEC); }
namespace {
template <class F>
Py_ssize_t transfer(F f) {
  for (;;) {
    Py_ssize_t n;
    {
      ReleaseGil release;
      n = f();
    }
    if (n >= 0) return n;
    if (errno != EINTR) return raise_errno(PyExc_OSError);
    if (!after_interrupt()) return -1;
  }
}
}  // namespace
ADDER_API Py_ssize_t _Py_read(int fd, void* to, size_t n) {
  return transfer([&] { return read(fd, to, n < PY_SSIZE_T_MAX ? n : static_cast<size_t>(PY_SSIZE_T_MAX)); });
}
ADDER_API Py_ssize_t _Py_write(int fd, const void* from, size_t n) {
  return transfer([&] { return write(fd, from, n < PY_SSIZE_T_MAX ? n : static_cast<size_t>(PY_SSIZE_T_MAX)); });
}
ADDER_API int _Py_dup(int fd) {
  int r = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return r < 0 ? static_cast<int>(raise_errno(PyExc_OSError)) : r;
}
ADDER_API wchar_t* _Py_normpath(wchar_t* path, Py_ssize_t size) {
  path[normalize_path(path, size < 0 ? wcslen(path) : static_cast<size_t>(size))] = 0;
  return path;
}
ADDER_API Py_ssize_t _Py_UTF8_Edit_Cost(PyObject* a, PyObject* b, Py_ssize_t most) {
  std::string_view x = str_utf8(Value{a}), y = x.data() ? str_utf8(Value{b}) : std::string_view{};
  if (!y.data()) return -1;
  // Without a limit: what replacing everything costs.
  size_t limit = most < 0 ? 2 * (x.size() + y.size()) : static_cast<size_t>(most);
  return static_cast<Py_ssize_t>(edit_distance(x, y, limit));
}
ADDER_API int _Py_set_inheritable(int fd, int on, int*) {
  int flags = fcntl(fd, F_GETFD);
  if (flags < 0 || fcntl(fd, F_SETFD, on ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC) < 0) return raise_errno(PyExc_OSError);
  return 0;
}
ADDER_API char* _Py_SetLocaleFromEnv(int category) { return setlocale(category, ""); }
ADDER_API PyOS_sighandler_t PyOS_setsig(int number, PyOS_sighandler_t f) {
  struct sigaction now {}, old;
  now.sa_handler = f;
  sigemptyset(&now.sa_mask);
  return sigaction(number, &now, &old) < 0 ? SIG_ERR : old.sa_handler;
}
ADDER_API PyOS_sighandler_t PyOS_getsig(int number) {
  struct sigaction old;
  return sigaction(number, nullptr, &old) < 0 ? SIG_ERR : old.sa_handler;
}
ADDER_API int PyOS_InterruptOccurred(void) { return 0; }
ADDER_API void PyOS_BeforeFork(void) {}
ADDER_API void PyOS_AfterFork_Parent(void) {}
namespace adder { void after_fork_in_child(); }
ADDER_API void PyOS_AfterFork_Child(void) { after_fork_in_child(); }
extern "C" __attribute__((visibility("default"))) PyThreadState* _PyOS_ReadlineTState;
PyThreadState* _PyOS_ReadlineTState = nullptr;
