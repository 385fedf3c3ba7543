// posix.scandir: directory entries that know their type without a system call.
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include "memory/gc_state.h"
#include "modules/posix.h"
#include "object/audit.h"
#include "object/bytes.h"
#include "object/int.h"
#include "object/str.h"
#include "runtime/gil.h"

namespace adder {

static ADDER_TYPE(scandir_type);
static ADDER_TYPE(entry_type);

namespace {

struct Entry {
  PyObject head;
  PyObject *name, *path, *stat, *lstat;  // owned; the last two null until asked for
  std::string* text;                     // path in the file-system encoding (or name, with dir_fd)
  int dir_fd;
  unsigned char type;
  ino_t inode;
};
struct Scandir {
  PyObject head;
  PathArg* path;
  DIR* dir;
  int fd;
};
Entry* entry(Value v) { return v.as<Entry>(); }
Scandir* scan(Value v) { return v.as<Scandir>(); }

void entry_dealloc(PyObject* o) {
  auto* e = reinterpret_cast<Entry*>(o);
  Py_XDECREF(e->name);
  Py_XDECREF(e->path);
  Py_XDECREF(e->stat);
  Py_XDECREF(e->lstat);
  delete e->text;
  Py_TYPE(o)->tp_free(o);
}
Ref fetch_stat(Entry* e, bool follow) {
  struct stat st;
  int status;
  {
    ReleaseGil release;
    status = fstatat(e->dir_fd, e->text->c_str(), &st, follow ? 0 : AT_SYMLINK_NOFOLLOW);
  }
  if (status < 0) return raise_errno_with(PyExc_OSError, Value{e->path});
  return stat_result(st);
}
Ref entry_lstat(Entry* e) {
  if (!e->lstat) e->lstat = fetch_stat(e, false).release().object();
  return e->lstat ? Ref::copy(Value{e->lstat}) : Ref{};
}
Ref entry_stat_any(Entry* e, bool follow) {
  if (!follow) return entry_lstat(e);
  if (!e->stat) {
    if (e->type == DT_LNK) {
      e->stat = fetch_stat(e, true).release().object();
    } else {
      Ref own = entry_lstat(e);
      if (!own) return Ref{};
      Ref mode = sequence_item(own, 0);
      bool link = mode && S_ISLNK(static_cast<mode_t>(mode.get().is_int() ? mode.get().as_int() : 0));
      e->stat = (link ? fetch_stat(e, true) : std::move(own)).release().object();
    }
  }
  return e->stat ? Ref::copy(Value{e->stat}) : Ref{};
}
// 1 yes, 0 no (a dangling link is nothing), -1 exception.
int test_mode(Entry* e, bool follow, mode_t wanted, unsigned char wanted_type) {
  bool link = e->type == DT_LNK, need = e->type == DT_UNKNOWN || (follow && link);
  if (!need) return link ? wanted == S_IFLNK : e->type == wanted_type;
  Ref st = entry_stat_any(e, follow);
  if (!st) {
    if (!error_matches(PyExc_FileNotFoundError)) return -1;
    clear_error();
    return 0;
  }
  Ref mode = sequence_item(st, 0);
  return mode ? (static_cast<mode_t>(mode.get().as_int()) & S_IFMT) == wanted : -1;
}
Ref as_bool(int truth) { return truth < 0 ? Ref{} : bool_ref(truth); }
Ref entry_is_dir(Value self, const Value* a) {
  bool follow;
  return flag_arg(a[0], true, &follow) ? as_bool(test_mode(entry(self), follow, S_IFDIR, DT_DIR)) : Ref{};
}
Ref entry_is_file(Value self, const Value* a) {
  bool follow;
  return flag_arg(a[0], true, &follow) ? as_bool(test_mode(entry(self), follow, S_IFREG, DT_REG)) : Ref{};
}
Ref entry_is_symlink(Value self) { return as_bool(test_mode(entry(self), false, S_IFLNK, DT_LNK)); }
Ref entry_stat(Value self, const Value* a) {
  bool follow;
  return flag_arg(a[0], true, &follow) ? entry_stat_any(entry(self), follow) : Ref{};
}
Ref entry_inode(Value self) { return int_from_u64(entry(self)->inode); }
Ref entry_fspath(Value self) { return Ref::copy(Value{entry(self)->path}); }
Ref entry_repr(Value self) { return str_format("<DirEntry %R>", Value{entry(self)->name}); }

PyMemberDef entry_members[] = {{"name", T_OBJECT_EX, offsetof(Entry, name), READONLY, "the entry's base filename, relative to scandir() \"path\" argument"},
                               {"path", T_OBJECT_EX, offsetof(Entry, path), READONLY, "the entry's full path name; equivalent to os.path.join(scandir_path, entry.name)"}, {}};
const MethodRow entry_methods[] = {
    method<entry_is_dir>("is_dir", "($self, /, *, follow_symlinks=True)", "Return True if the entry is a directory; cached per entry."),
    method<entry_is_file>("is_file", "($self, /, *, follow_symlinks=True)", "Return True if the entry is a file; cached per entry."),
    method<entry_is_symlink>("is_symlink", "($self, /)", "Return True if the entry is a symbolic link; cached per entry."),
    method<entry_stat>("stat", "($self, /, *, follow_symlinks=True)", "Return stat_result object for the entry; cached per entry."),
    method<entry_inode>("inode", "($self, /)", "Return inode of the entry; cached per entry."),
    method<entry_fspath>("__fspath__", "($self, /)", "Returns the path for the entry."),
    class_method<static_cast<OneArgFn>([](Value cls, Value item) -> Ref { return call(Value{&Py_GenericAliasType}, {cls, item}); })>("__class_getitem__", "", "See PEP 585"),
    {}};
const TypeDef entry_def{
    .type = &entry_type,
    .name = "posix.DirEntry",
    .basicsize = sizeof(Entry),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = entry_dealloc,
    .slots = {.tp_repr = slot::Unary<entry_repr>},
    .methods = entry_methods,
    .members = entry_members,
};

void close_scan(Scandir* s) {
  DIR* dir = s->dir;
  s->dir = nullptr;
  if (!dir) return;
  ReleaseGil release;
  if (s->fd >= 0) rewinddir(dir);
  closedir(dir);
}
Ref scandir_next(Value self) {
  Scandir* s = scan(self);
  while (s->dir) {
    errno = 0;
    dirent* d;
    {
      ReleaseGil release;
      d = readdir(s->dir);
    }
    if (!d) {
      int error = errno;
      close_scan(s);
      errno = error;
      if (error) return s->path->fail();
      return Ref{};
    }
    if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, "..")) continue;
    Entry* e = new_object<Entry>(&entry_type);
    if (!e) return Ref{};
    Ref result = Ref::steal(Value{&e->head});
    std::string full = d->d_name;
    e->dir_fd = AT_FDCWD;
    if (s->fd >= 0) {
      e->dir_fd = s->fd;
    } else {
      const std::string& base = s->path->text;
      full = s->path->object ? base + (base.empty() || base.back() == '/' ? "" : "/") + d->d_name : std::string("./") + d->d_name;
    }
    e->text = new std::string(full);
    e->type = d->d_type;
    e->inode = d->d_ino;
    e->name = s->path->same_kind(d->d_name).release().object();
    e->path = s->path->same_kind(s->fd >= 0 ? std::string(d->d_name) : full).release().object();
    return e->name && e->path ? std::move(result) : Ref{};
  }
  return Ref{};
}
void scandir_dealloc(PyObject* o) {
  auto* s = reinterpret_cast<Scandir*>(o);
  if (s->dir) {
    ErrorKeeper keep;
    if (!warn(PyExc_ResourceWarning, 1, "unclosed scandir iterator %R", Value{o})) write_unraisable(Value{o});
    close_scan(s);
  }
  delete s->path;
  Py_TYPE(o)->tp_free(o);
}
Ref scandir_self(Value self) { return Ref::copy(self); }
Ref scandir_close(Value self) {
  close_scan(scan(self));
  return none_ref();
}
Ref scandir_exit(Value self, Args) { return scandir_close(self); }
const MethodRow scandir_methods[] = {method<scandir_self>("__enter__", "", ""), method<scandir_exit>("__exit__", "", ""), method<scandir_close>("close", "", ""), {}};
const TypeDef scandir_def{
    .type = &scandir_type,
    .name = "posix.ScandirIterator",
    .basicsize = sizeof(Scandir),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .dealloc = scandir_dealloc,
    .slots = {.tp_iter = slot::Unary<scandir_self>, .tp_iternext = slot::Next<scandir_next>},
    .methods = scandir_methods,
};

Ref scandir(Value, const Value* a) {
  Scandir* s = new_object<Scandir>(&scandir_type);
  gc_state().untracked_finalizers = true;
  if (!s) return Ref{};
  Ref result = Ref::steal(Value{&s->head});
  s->fd = -1;
  s->path = new PathArg;
  if (!s->path->parse(a[0], "scandir", "path", kAllowFd | kAllowNone) || !audit("os.scandir", {s->path->object.get()})) return Ref{};
  int copy = -1;
  {
    ReleaseGil release;
    if (s->path->fd >= 0) {
      copy = fcntl(s->path->fd, F_DUPFD_CLOEXEC, 3);
      s->dir = copy < 0 ? nullptr : fdopendir(copy);
    } else {
      s->dir = opendir(s->path->text.c_str());
    }
  }
  if (!s->dir) {
    Failure f = s->path->fail();
    if (copy >= 0) close(copy);
    return f;
  }
  if (s->path->fd >= 0) {
    s->fd = s->path->fd;
    rewinddir(s->dir);
  }
  return result;
}
const MethodRow functions[] = {method<scandir>("scandir", "($module, /, path=None)", "Return an iterator of DirEntry objects for given path."), {}};

}  // namespace

bool posix_add_scandir(PyObject* module) {
  return module_add_type(module, entry_def) && ready_type(scandir_def) && module_add_functions(module, functions);
}

}  // namespace adder
