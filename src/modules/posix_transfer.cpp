// posix: larger transfers between descriptors, and hints about them.
#include <fcntl.h>
#include <memory>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>
#include "modules/posix.h"
#include "object/bytes.h"
#include "object/containers.h"
#include "object/int.h"

namespace adder {
namespace {

Ref sendfile_(Value, const Value* a) {
  int out, in;
  Py_ssize_t count;
  if (!as_int(a[0], &out) || !as_int(a[1], &in) || !as_ssize(a[3], &count)) return Ref{};
  bool has_offset = !is_none(a[2]);
  int64_t at = 0;
  if (has_offset && !as_i64(a[2], &at)) return Ref{};
  off_t offset = at;
  for (;;) {
    ssize_t n;
    {
      ReleaseGil release;
      n = sendfile(out, in, has_offset ? &offset : nullptr, static_cast<size_t>(count));
    }
    if (n >= 0) return int_from_i64(n);
    if (errno != EINTR || !after_interrupt()) return failed();
  }
}
Ref copy_file_range_(Value, const Value* a) {
  int in, out;
  Py_ssize_t count;
  if (!as_int(a[0], &in) || !as_int(a[1], &out) || !as_ssize(a[2], &count)) return Ref{};
  if (count < 0) return raise(PyExc_ValueError, "negative value for 'count' not allowed");
  int64_t from = 0, to = 0;
  bool has_from = a[3] && !is_none(a[3]), has_to = a[4] && !is_none(a[4]);
  if ((has_from && !as_i64(a[3], &from)) || (has_to && !as_i64(a[4], &to))) return Ref{};
  loff_t f = from, o = to;
  ssize_t n;
  {
    ReleaseGil release;
    n = copy_file_range(in, has_from ? &f : nullptr, out, has_to ? &o : nullptr, static_cast<size_t>(count), 0);
  }
  return n < 0 ? failed() : int_from_i64(n);
}
Ref splice_(Value, const Value* a) {
  int in, out;
  Py_ssize_t count;
  unsigned flags = 0;
  if (!as_int(a[0], &in) || !as_int(a[1], &out) || !as_ssize(a[2], &count)) return Ref{};
  if (count < 0) return raise(PyExc_ValueError, "negative value for 'count' not allowed");
  int64_t from = 0, to = 0;
  bool has_from = a[3] && !is_none(a[3]), has_to = a[4] && !is_none(a[4]);
  if ((has_from && !as_i64(a[3], &from)) || (has_to && !as_i64(a[4], &to)) || (a[5] && !unsigned_arg(a[5], &flags))) return Ref{};
  loff_t f = from, o = to;
  ssize_t n = blocking([&] { return splice(in, has_from ? &f : nullptr, out, has_to ? &o : nullptr, static_cast<size_t>(count), flags); });
  return n < 0 ? failed() : int_from_i64(n);
}

// --- Several buffers at a time ------------------------------------------------------------------------------------------------------------
class Vectors {
 public:
  bool get(Value sequence, const char* function, int flags) {
    if (!is_sequence(sequence)) return raise(PyExc_TypeError, "%s() arg 2 must be a sequence", function);
    Ref list = to_list(sequence);
    if (!list) return false;
    auto n = static_cast<size_t>(list_size(list));
    views_ = std::make_unique<BufferView[]>(n);
    for (size_t i = 0; i < n; i++) {
      Ref item = Ref::copy(list_get(list, static_cast<Py_ssize_t>(i)));
      if (!views_[i].get(item, flags)) return false;
      parts_.push_back({views_[i].data(), static_cast<size_t>(views_[i].size())});
    }
    return true;
  }
  const iovec* data() const { return parts_.data(); }
  int size() const { return static_cast<int>(parts_.size()); }
 private:
  std::unique_ptr<BufferView[]> views_;
  std::vector<iovec> parts_;
};
Ref readv_(Value, const Value* a) {
  int fd;
  Vectors v;
  if (!as_int(a[0], &fd) || !v.get(a[1], "readv", PyBUF_WRITABLE)) return Ref{};
  ssize_t n = blocking([&] { return readv(fd, v.data(), v.size()); });
  return n < 0 ? failed() : int_from_i64(n);
}
Ref writev_(Value, const Value* a) {
  int fd;
  Vectors v;
  if (!as_int(a[0], &fd) || !v.get(a[1], "writev", PyBUF_SIMPLE)) return Ref{};
  ssize_t n = blocking([&] { return writev(fd, v.data(), v.size()); });
  return n < 0 ? failed() : int_from_i64(n);
}
Ref preadv_(Value, const Value* a) {
  int fd, flags;
  int64_t offset;
  Vectors v;
  if (!as_int(a[0], &fd) || !as_i64(a[2], &offset) || !int_arg(a[3], 0, &flags) || !v.get(a[1], "preadv2", PyBUF_WRITABLE)) return Ref{};
  ssize_t n = blocking([&] { return preadv2(fd, v.data(), v.size(), offset, flags); });
  return n < 0 ? failed() : int_from_i64(n);
}
Ref pwritev_(Value, const Value* a) {
  int fd, flags;
  int64_t offset;
  Vectors v;
  if (!as_int(a[0], &fd) || !as_i64(a[2], &offset) || !int_arg(a[3], 0, &flags) || !v.get(a[1], "pwritev2", PyBUF_SIMPLE)) return Ref{};
  ssize_t n = blocking([&] { return pwritev2(fd, v.data(), v.size(), offset, flags); });
  return n < 0 ? failed() : int_from_i64(n);
}

Ref posix_fallocate_(Value, const Value* a) {
  int fd;
  int64_t offset, length;
  if (!as_int(a[0], &fd) || !as_i64(a[1], &offset) || !as_i64(a[2], &length)) return Ref{};
  int error;
  {
    ReleaseGil release;
    error = posix_fallocate(fd, offset, length);
  }
  errno = error;
  return error ? failed() : none_ref();
}
Ref posix_fadvise_(Value, const Value* a) {
  int fd, advice;
  int64_t offset, length;
  if (!as_int(a[0], &fd) || !as_i64(a[1], &offset) || !as_i64(a[2], &length) || !as_int(a[3], &advice)) return Ref{};
  int error = posix_fadvise(fd, offset, length, advice);
  errno = error;
  return error ? failed() : none_ref();
}

const MethodRow functions[] = {
    method<sendfile_>("sendfile", "($module, /, out_fd, in_fd, offset, count)", "Copy count bytes from file descriptor in_fd to file descriptor out_fd."),
    method<copy_file_range_>("copy_file_range", "($module, /, src, dst, count, offset_src=None, offset_dst=None)", "Copy count bytes from one file descriptor to another."),
    method<posix_fallocate_>("posix_fallocate", "($module, fd, offset, length, /)", "Ensure a file has allocated at least a particular number of bytes on disk."),
    method<posix_fadvise_>("posix_fadvise", "($module, fd, offset, length, advice, /)", "Announce an intention to access data in a specific pattern."),
    method<splice_>("splice", "($module, /, src, dst, count, offset_src=None, offset_dst=None, flags=0)", "Transfer count bytes from one pipe to a descriptor or vice versa."),
    method<readv_>("readv", "($module, fd, buffers, /)", "Read from a file descriptor fd into an iterable of buffers."),
    method<writev_>("writev", "($module, fd, buffers, /)", "Iterate over buffers, and write the contents of each to a file descriptor."),
    method<preadv_>("preadv", "($module, fd, buffers, offset, flags=0, /)", "Reads from a file descriptor into a number of mutable bytes-like objects."),
    method<pwritev_>("pwritev", "($module, fd, buffers, offset, flags=0, /)", "Writes the contents of bytes-like objects to a file descriptor at a given offset."),
    {}};

}  // namespace

bool posix_add_transfers(PyObject* module) { return module_add_functions(module, functions); }

}  // namespace adder
