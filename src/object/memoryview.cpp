// The type memoryview, and the managed buffer that several views of one exporter share.
#include <cstring>
#include "memory/gc.h"
#include "object/buffer.h"
#include "object/hooks.h"
#include "object/sequence.h"

PyTypeObject PyMemoryView_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
PyTypeObject _PyManagedBuffer_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};
extern "C" PyTypeObject _PyMemoryIter_Type;
PyTypeObject _PyMemoryIter_Type = {PyVarObject_HEAD_INIT(&PyType_Type, 0)};

namespace adder {

Ref bytes_hex(std::string_view bytes, Value separator, Value per_group);  // bytes_methods.cpp

namespace {

using View = PyMemoryViewObject;
using Managed = _PyManagedBufferObject;

View* as_view(Value v) { return v.as<View>(); }
bool is_view(Value v) { return is_exact(v, &PyMemoryView_Type); }

bool is_released(const View* v) {
  return (v->flags & _Py_MEMORYVIEW_RELEASED) || (v->mbuf->flags & _Py_MANAGED_BUFFER_RELEASED);
}
Failure released_error() { return raise(PyExc_ValueError, "operation forbidden on released memoryview object"); }
#define CHECK_RELEASED(v) \
  if (is_released(v)) return released_error()

// --- Managed buffers --------------------------------------------------------------------------------------------------

void managed_release(Managed* m) {
  if (m->flags & _Py_MANAGED_BUFFER_RELEASED) return;
  m->flags |= _Py_MANAGED_BUFFER_RELEASED;
  gc_untrack(reinterpret_cast<PyObject*>(m));
  buffer_release(&m->master);
}

void managed_dealloc(PyObject* self) {
  auto* m = reinterpret_cast<Managed*>(self);
  managed_release(m);
  if (m->flags & _Py_MANAGED_BUFFER_FREE_FORMAT) object_free(m->master.format);
  gc_free(self);
}

int managed_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(reinterpret_cast<Managed*>(self)->master.obj);
  return 0;
}

int managed_clear(PyObject* self) {
  auto* m = reinterpret_cast<Managed*>(self);
  if (m->exports > 0) return 0;
  managed_release(m);
  return 0;
}

Managed* managed_alloc() {
  auto* m = reinterpret_cast<Managed*>(gc_new_raw(&_PyManagedBuffer_Type, sizeof(Managed)));
  if (!m) return nullptr;
  m->flags = 0;
  m->exports = 0;
  memset(&m->master, 0, sizeof m->master);
  gc_track(reinterpret_cast<PyObject*>(m));
  return m;
}

// --- Views ----------------------------------------------------------------------------------------------------------------

void set_layout_flags(View* v) {
  const Py_buffer& b = v->view;
  int flags = 0;
  switch (b.ndim) {
    case 0: flags |= _Py_MEMORYVIEW_SCALAR | _Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN; break;
    case 1:
      if (b.shape[0] == 1 || b.strides[0] == b.itemsize) flags |= _Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN;
      break;
    default:
      if (buffer_is_contiguous(&b, 'C')) flags |= _Py_MEMORYVIEW_C;
      if (buffer_is_contiguous(&b, 'F')) flags |= _Py_MEMORYVIEW_FORTRAN;
  }
  if (b.suboffsets) {
    flags |= _Py_MEMORYVIEW_PIL;
    flags &= ~(_Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN);
  }
  v->flags = flags;
}

// A view on a managed buffer with the layout of `source`; ndim may be given otherwise (for cast).
Ref view_new(Managed* m, const Py_buffer* source, int ndim) {
  PyObject* o = gc_new_raw(&PyMemoryView_Type, offsetof(View, ob_array) + 3 * static_cast<size_t>(ndim ? ndim : 1) * sizeof(Py_ssize_t));
  if (!o) return {};
  auto* v = reinterpret_cast<View*>(o);
  v->ob_base.ob_size = 3 * ndim;
  v->mbuf = m;
  incref(reinterpret_cast<PyObject*>(m));
  m->exports++;
  v->hash = -1;
  v->exports = 0;
  v->weakreflist = nullptr;
  Py_buffer& b = v->view;
  b = *source;
  b.obj = m->master.obj;
  if (!b.format) b.format = const_cast<char*>("B");
  b.ndim = ndim;
  b.internal = nullptr;
  b.shape = v->ob_array;
  b.strides = v->ob_array + ndim;
  b.suboffsets = v->ob_array + 2 * ndim;
  if (ndim == source->ndim) {
    if (ndim == 1) {
      b.shape[0] = source->shape ? source->shape[0] : source->len / source->itemsize;
      b.strides[0] = source->strides ? source->strides[0] : source->itemsize;
    } else {
      for (int i = 0; i < ndim; i++) b.shape[i] = source->shape[i];
      if (source->strides) {
        for (int i = 0; i < ndim; i++) b.strides[i] = source->strides[i];
      } else {
        Py_ssize_t size = b.itemsize;
        for (int i = ndim - 1; i >= 0; i--) {
          b.strides[i] = size;
          size *= b.shape[i];
        }
      }
    }
    if (source->suboffsets && ndim) {
      for (int i = 0; i < ndim; i++) b.suboffsets[i] = source->suboffsets[i];
    } else {
      b.suboffsets = nullptr;
    }
  } else {
    b.suboffsets = nullptr;
    for (int i = 0; i < ndim; i++) b.shape[i] = b.strides[i] = 0;
  }
  if (ndim == 0) b.shape = b.strides = b.suboffsets = nullptr;
  if (ndim == source->ndim) set_layout_flags(v);
  else v->flags = 0;
  gc_track(o);
  return Ref::steal(Value{o});
}

Ref view_of_managed(Managed* m) {
  if (m->master.ndim > PyBUF_MAX_NDIM) return raise(PyExc_ValueError, "memoryview: number of dimensions must not exceed 64");
  return view_new(m, &m->master, m->master.ndim);
}

bool view_release(View* v) {
  if (v->flags & _Py_MEMORYVIEW_RELEASED) return true;
  if (v->exports == 0) {
    v->flags |= _Py_MEMORYVIEW_RELEASED;
    if (--v->mbuf->exports == 0) managed_release(v->mbuf);
    return true;
  }
  if (v->exports > 0) {
    return raise(PyExc_BufferError, "memoryview has %zd exported buffer%s", v->exports, v->exports == 1 ? "" : "s");
  }
  return bad_internal_call("memoryview");
}

void view_dealloc(PyObject* self) {
  auto* v = reinterpret_cast<View*>(self);
  gc_untrack(self);
  if (v->mbuf) {
    view_release(v);
    decref(reinterpret_cast<PyObject*>(v->mbuf));
    v->mbuf = nullptr;
  }
  if (v->weakreflist) clear_weakrefs(self);
  gc_free(self);
}

int view_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(reinterpret_cast<View*>(self)->mbuf);
  return 0;
}

int view_clear(PyObject* self) {
  auto* v = reinterpret_cast<View*>(self);
  if (v->exports == 0 && v->mbuf) {
    view_release(v);
    auto* m = reinterpret_cast<PyObject*>(v->mbuf);
    v->mbuf = nullptr;
    decref(m);
  }
  return 0;
}

}  // namespace

Ref memoryview_of(Value exporter) {
  if (is_view(exporter)) {
    View* v = as_view(exporter);
    CHECK_RELEASED(v);
    return view_new(v->mbuf, &v->view, v->view.ndim);
  }
  if (!has_buffer(exporter)) {
    return raise(PyExc_TypeError, "memoryview: a bytes-like object is required, not '%.200s'", type_of(exporter)->tp_name);
  }
  Managed* m = managed_alloc();
  if (!m) return {};
  Ref held = Ref::steal(Value{reinterpret_cast<PyObject*>(m)});
  if (!buffer_get(exporter.object(), &m->master, PyBUF_FULL_RO)) {
    m->master.obj = nullptr;
    return {};
  }
  return view_of_managed(m);
}

// The memory of a contiguous exporter as plain bytes, whatever its order.
Ref memoryview_raw(Value exporter) {
  Ref whole = memoryview_of(exporter);
  if (!whole) return {};
  const Py_buffer& from = as_view(whole)->view;
  if (from.suboffsets || !(buffer_is_contiguous(&from, 'C') || buffer_is_contiguous(&from, 'F'))) {
    return raise(PyExc_BufferError, "cannot extract raw buffer from non-contiguous buffer");
  }
  Py_ssize_t stride = 1;
  Py_buffer flat = from;
  flat.format = nullptr;
  flat.itemsize = flat.ndim = 1;
  flat.shape = &flat.len;
  flat.strides = &stride;
  flat.suboffsets = nullptr;
  return view_new(as_view(whole)->mbuf, &flat, 1);
}

// PyMemoryView_FromBuffer: memory that the caller keeps alive; info->obj is not owned.
Ref memoryview_of_buffer(const Py_buffer* info) {
  Managed* m = managed_alloc();
  if (!m) return {};
  Ref held = Ref::steal(Value{reinterpret_cast<PyObject*>(m)});
  m->master = *info;
  m->master.obj = nullptr;
  return view_of_managed(m);
}

// A contiguous copy of a view, in C or Fortran order ('A': Fortran if the view is), with its format and shape.
Ref memoryview_contiguous_copy(Value view, char order) {
  const Py_buffer* from = &as_view(view)->view;
  bool fortran = order == 'F' || (order == 'A' && !buffer_is_contiguous(from, 'C') && buffer_is_contiguous(from, 'F'));
  Ref bytes = bytes_uninitialized(from->len);
  if (!bytes) return {};
  buffer_to_contiguous(bytes_data(bytes), from, fortran ? 'F' : 'C');
  Managed* m = managed_alloc();
  if (!m) return {};
  Ref held = Ref::steal(Value{reinterpret_cast<PyObject*>(m)});
  if (!buffer_get(bytes.object(), &m->master, PyBUF_FULL_RO)) return {};
  // The format's owner may vanish: the managed buffer keeps a copy.
  const char* format = from->format ? from->format : "B";
  size_t n = strlen(format) + 1;
  auto* own = static_cast<char*>(object_malloc(n));
  if (!own) return raise_no_memory();
  memcpy(own, format, n);
  m->master.format = own;
  m->flags |= _Py_MANAGED_BUFFER_FREE_FORMAT;
  m->master.itemsize = from->itemsize;
  Ref r = view_new(m, &m->master, from->ndim);
  if (!r) return {};
  Py_buffer* to = &as_view(r)->view;
  to->suboffsets = nullptr;
  Py_ssize_t size = to->itemsize;
  for (int i = 0; i < to->ndim; i++) {
    int dim = fortran ? i : to->ndim - 1 - i;
    to->shape[dim] = from->shape[dim];
    to->strides[dim] = size;
    size *= from->shape[dim];
  }
  to->len = from->len;
  set_layout_flags(as_view(r));
  return r;
}

namespace {

// --- As an exporter itself ------------------------------------------------------------------------------------------------

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  auto* v = reinterpret_cast<View*>(self);
  int own = v->flags;
  view->obj = nullptr;
  if (is_released(v)) {
    released_error();
    return -1;
  }
  auto refuse = [](const char* text) {
    raise(PyExc_BufferError, "%s", text);
    return -1;
  };
  auto wants = [&](int f) { return (flags & f) == f; };
  *view = v->view;
  view->obj = nullptr;
  if (wants(PyBUF_WRITABLE) && v->view.readonly) return refuse("memoryview: underlying buffer is not writable");
  if (!wants(PyBUF_FORMAT)) view->format = nullptr;
  if (wants(PyBUF_C_CONTIGUOUS) && !(own & _Py_MEMORYVIEW_C)) return refuse("memoryview: underlying buffer is not C-contiguous");
  if (wants(PyBUF_F_CONTIGUOUS) && !(own & _Py_MEMORYVIEW_FORTRAN)) return refuse("memoryview: underlying buffer is not Fortran contiguous");
  if (wants(PyBUF_ANY_CONTIGUOUS) && !(own & (_Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN))) return refuse("memoryview: underlying buffer is not contiguous");
  if (!wants(PyBUF_INDIRECT) && (own & _Py_MEMORYVIEW_PIL)) return refuse("memoryview: underlying buffer requires suboffsets");
  if (!wants(PyBUF_STRIDES)) {
    if (!(own & _Py_MEMORYVIEW_C)) return refuse("memoryview: underlying buffer is not C-contiguous");
    view->strides = nullptr;
  }
  if (!wants(PyBUF_ND)) {
    if (view->format) return refuse("memoryview: cannot cast to unsigned bytes if the format flag is present");
    view->ndim = 1;
    view->shape = nullptr;
  }
  view->obj = self;
  incref(self);
  v->exports++;
  return 0;
}

void release_buffer(PyObject* self, Py_buffer*) { reinterpret_cast<View*>(self)->exports--; }

PyBufferProcs buffer_procs = {get_buffer, release_buffer};

// --- Items ------------------------------------------------------------------------------------------------------------------

char* follow(char* p, const Py_ssize_t* suboffsets, int dim) {
  return suboffsets && suboffsets[dim] >= 0 ? *reinterpret_cast<char**>(p) + suboffsets[dim] : p;
}

char* lookup_dimension(const Py_buffer* b, char* p, int dim, Py_ssize_t i) {
  Py_ssize_t n = b->shape[dim];
  if (i < 0) i += n;
  if (i < 0 || i >= n) {
    raise(PyExc_IndexError, "index out of bounds on dimension %d", dim + 1);
    return nullptr;
  }
  return follow(p + b->strides[dim] * i, b->suboffsets, dim);
}

char* pointer_of_tuple(const Py_buffer* b, Value tuple) {
  Py_ssize_t n = tuple_size(tuple);
  if (n > b->ndim) {
    raise(PyExc_TypeError, "cannot index %d-dimension view with %zd-element tuple", b->ndim, n);
    return nullptr;
  }
  char* p = static_cast<char*>(b->buf);
  for (Py_ssize_t dim = 0; dim < n; dim++) {
    Py_ssize_t i;
    if (!index_as_ssize(tuple_get(tuple, dim), &i, PyExc_IndexError)) return nullptr;
    p = lookup_dimension(b, p, static_cast<int>(dim), i);
    if (!p) return nullptr;
  }
  return p;
}

bool tuple_of_indices(Value key) {
  if (!is_tuple(key)) return false;
  for (Py_ssize_t i = 0; i < tuple_size(key); i++) {
    if (!has_index(tuple_get(key, i))) return false;
  }
  return true;
}
bool tuple_of_slices(Value key) {
  if (!is_tuple(key) || tuple_size(key) == 0) return false;
  for (Py_ssize_t i = 0; i < tuple_size(key); i++) {
    if (!is_slice(tuple_get(key, i))) return false;
  }
  return true;
}

void recompute_length(Py_buffer* b) {
  b->len = b->itemsize;
  for (int i = 0; i < b->ndim; i++) b->len *= b->shape[i];
}

// Narrows dimension 0 to a slice.
bool apply_slice(Py_buffer* b, Value slice) {
  Py_ssize_t start, stop, step;
  if (!slice_unpack(slice, &start, &stop, &step)) return false;
  Py_ssize_t n = slice_adjust(b->shape[0], &start, &stop, step);
  b->buf = static_cast<char*>(b->buf) + b->strides[0] * start;  // strides apply before a pointer is followed
  b->shape[0] = n;
  b->strides[0] *= step;
  recompute_length(b);
  return true;
}

bool check_native(const char* format) {
  if (native_format_size(format)) return true;
  return raise(PyExc_NotImplementedError, "memoryview: unsupported format %s", format);
}

Ref item_at(View* v, char* p) {
  CHECK_RELEASED(v);
  return unpack_native(p, v->view.format);
}

Ref view_item(Value self, Py_ssize_t i) {
  View* v = as_view(self);
  CHECK_RELEASED(v);
  if (!check_native(v->view.format)) return {};
  if (v->view.ndim == 0) return raise(PyExc_TypeError, "invalid indexing of 0-dim memory");
  if (v->view.ndim > 1) return raise(PyExc_NotImplementedError, "multi-dimensional sub-views are not implemented");
  char* p = lookup_dimension(&v->view, static_cast<char*>(v->view.buf), 0, i);
  return p ? item_at(v, p) : Ref{};
}

Ref view_subscript(Value self, Value key) {
  View* v = as_view(self);
  CHECK_RELEASED(v);
  Py_buffer* b = &v->view;
  if (b->ndim == 0) {
    if (is_tuple(key) && tuple_size(key) == 0) return check_native(b->format) ? item_at(v, static_cast<char*>(b->buf)) : Ref{};
    if (key == Value{Py_Ellipsis}) return Ref::copy(self);
    return raise(PyExc_TypeError, "invalid indexing of 0-dim memory");
  }
  if (has_index(key)) {
    Py_ssize_t i;
    if (!index_as_ssize(key, &i, PyExc_IndexError)) return {};
    return view_item(self, i);
  }
  if (is_slice(key)) {
    Ref r = view_new(v->mbuf, b, b->ndim);
    if (!r || !apply_slice(&as_view(r)->view, key)) return {};
    set_layout_flags(as_view(r));
    return r;
  }
  if (tuple_of_indices(key)) {
    if (tuple_size(key) < b->ndim) return raise(PyExc_NotImplementedError, "sub-views are not implemented");
    if (!check_native(b->format)) return {};
    char* p = pointer_of_tuple(b, key);
    return p ? item_at(v, p) : Ref{};
  }
  if (tuple_of_slices(key)) return raise(PyExc_NotImplementedError, "multi-dimensional slicing is not implemented");
  return raise(PyExc_TypeError, "memoryview: invalid slice key");
}

const char* plain_format(const char* f) {
  if (!f) return "B";
  return f[0] == '@' ? f + 1 : f;
}

bool same_layout(const Py_buffer* a, const Py_buffer* b) {
  if (strcmp(plain_format(a->format), plain_format(b->format)) != 0 || a->itemsize != b->itemsize || a->ndim != b->ndim) return false;
  for (int i = 0; i < a->ndim; i++) {
    if (a->shape[i] != b->shape[i]) return false;
    if (a->shape[i] == 0) break;
  }
  return true;
}

// One dimension; the two may overlap.
bool copy_items(const Py_buffer* to, const Py_buffer* from) {
  if (!same_layout(to, from)) return raise(PyExc_ValueError, "memoryview assignment: lvalue and rvalue have different structures");
  Py_ssize_t n = to->shape[0], size = to->itemsize;
  char* t = static_cast<char*>(to->buf);
  const char* f = static_cast<const char*>(from->buf);
  bool plain = to->strides[0] == size && from->strides[0] == size && !to->suboffsets && !from->suboffsets;
  if (plain) {
    memmove(t, f, static_cast<size_t>(n * size));
    return true;
  }
  auto* tmp = static_cast<char*>(object_malloc(static_cast<size_t>(n * size) + 1));
  if (!tmp) return raise_no_memory();
  for (Py_ssize_t i = 0; i < n; i++) memcpy(tmp + i * size, follow(const_cast<char*>(f) + i * from->strides[0], from->suboffsets, 0), static_cast<size_t>(size));
  for (Py_ssize_t i = 0; i < n; i++) memcpy(follow(t + i * to->strides[0], to->suboffsets, 0), tmp + i * size, static_cast<size_t>(size));
  object_free(tmp);
  return true;
}

bool view_store(Value self, Value key, Value v) {
  View* m = as_view(self);
  CHECK_RELEASED(m);
  Py_buffer* b = &m->view;
  const char* code = plain_format(b->format);
  if (!code[0] || code[1]) return raise(PyExc_NotImplementedError, "memoryview: unsupported format %s", b->format);
  if (b->readonly) return raise(PyExc_TypeError, "cannot modify read-only memory");
  if (v.absent()) return raise(PyExc_TypeError, "cannot delete memory");
  // Converting the value may run code that releases the view, so items are packed aside first.
  auto pack = [&](char* p) {
    char item[16];
    if (!pack_native(item, v, b->format)) return false;
    if (is_released(m)) return static_cast<bool>(released_error());
    memcpy(p, item, static_cast<size_t>(b->itemsize));
    return true;
  };
  if (b->ndim == 0) {
    if (key == Value{Py_Ellipsis} || (is_tuple(key) && tuple_size(key) == 0)) return check_native(b->format) && pack(static_cast<char*>(b->buf));
    return raise(PyExc_TypeError, "invalid indexing of 0-dim memory");
  }
  if (has_index(key)) {
    if (b->ndim > 1) return raise(PyExc_NotImplementedError, "sub-views are not implemented");
    if (!check_native(b->format)) return false;
    Py_ssize_t i;
    if (!index_as_ssize(key, &i, PyExc_IndexError)) return false;
    char* p = lookup_dimension(b, static_cast<char*>(b->buf), 0, i);
    return p && pack(p);
  }
  if (is_slice(key) && b->ndim == 1) {
    Py_buffer source;
    if (!v.is_object()) return raise(PyExc_TypeError, "a bytes-like object is required, not '%.100s'", type_of(v)->tp_name);
    if (!buffer_get(v.object(), &source, PyBUF_FULL_RO)) return false;
    Py_buffer target = *b;
    Py_ssize_t shape = b->shape[0], stride = b->strides[0], suboffset = b->suboffsets ? b->suboffsets[0] : 0;
    target.shape = &shape;
    target.strides = &stride;
    if (b->suboffsets) target.suboffsets = &suboffset;
    Py_ssize_t source_shape = source.itemsize ? source.len / source.itemsize : 0, source_stride = source.itemsize;
    if (source.ndim == 1) {
      if (!source.shape) source.shape = &source_shape;
      if (!source.strides) source.strides = &source_stride;
    }
    bool ok = apply_slice(&target, key);
    if (ok && is_released(m)) ok = released_error();
    ok = ok && copy_items(&target, &source);
    buffer_release(&source);
    return ok;
  }
  if (tuple_of_indices(key)) {
    if (tuple_size(key) < b->ndim) return raise(PyExc_NotImplementedError, "sub-views are not implemented");
    if (!check_native(b->format)) return false;
    char* p = pointer_of_tuple(b, key);
    return p && pack(p);
  }
  if (is_slice(key) || tuple_of_slices(key)) {
    return raise(PyExc_NotImplementedError, "memoryview slice assignments are currently restricted to ndim = 1");
  }
  return raise(PyExc_TypeError, "memoryview: invalid slice key");
}

Py_ssize_t view_length(Value self) {
  View* v = as_view(self);
  CHECK_RELEASED(v);
  return v->view.ndim == 0 ? 1 : v->view.shape[0];
}

// --- Comparison and hash ---------------------------------------------------------------------------------------------------

// Unpacks items of formats that are not native through struct.
struct Unpacker {
  Ref unpack_from;
  const char* format;
  Py_ssize_t size;
  bool init(const char* f, Py_ssize_t itemsize) {
    format = f;
    size = itemsize;
    if (native_format_size(f)) return true;
    Ref module = hooks.import_module("struct"_id);
    if (!module) return false;
    Ref text = str_from_utf8(f);
    if (!text) return false;
    Ref object = call_method(module, "Struct"_id, {text});
    if (!object) return false;
    unpack_from = getattr(object, "unpack"_id);
    return static_cast<bool>(unpack_from);
  }
  Ref item(const char* p) const {
    if (!unpack_from) return unpack_native(p, format);
    Ref bytes = bytes_new({p, static_cast<size_t>(size)});
    if (!bytes) return {};
    Ref t = call1(unpack_from, bytes);
    if (t && tuple_size(t) == 1) return Ref::copy(tuple_get(t, 0));
    return t;
  }
};

int compare_items(const Py_buffer* a, const char* p, const Unpacker& ua, const Py_buffer* b, const char* q, const Unpacker& ub, int dim) {
  if (dim == a->ndim) {
    char c = ua.format[0] == '@' ? ua.format[1] : ua.format[0];
    if (!ua.unpack_from && !ub.unpack_from && strcmp(plain_format(ua.format), plain_format(ub.format)) == 0 && c != 'd' && c != 'f' && c != '?') {
      return memcmp(p, q, static_cast<size_t>(a->itemsize)) == 0;
    }
    Ref x = ua.item(p), y = ub.item(q);
    if (!x || !y) return -1;
    return compare_bool(x, y, Py_EQ);
  }
  for (Py_ssize_t i = 0; i < a->shape[dim]; i++) {
    int same = compare_items(a, follow(const_cast<char*>(p), a->suboffsets, dim), ua, b, follow(const_cast<char*>(q), b->suboffsets, dim), ub, dim + 1);
    if (same <= 0) return same;
    p += a->strides[dim];
    q += b->strides[dim];
  }
  return 1;
}

// Views and buffers are equal when shapes and values are, whatever their formats.
int views_equal(const Py_buffer* a, const Py_buffer* b) {
  if (a->ndim != b->ndim) return 0;
  for (int i = 0; i < a->ndim; i++) {
    if (a->shape[i] != b->shape[i]) return 0;
    if (a->shape[i] == 0) break;
  }
  Unpacker ua, ub;
  if (!ua.init(a->format ? a->format : "B", a->itemsize) || !ub.init(b->format ? b->format : "B", b->itemsize)) {
    // A format that struct does not know: never equal.
    clear_error();
    return 0;
  }
  return compare_items(a, static_cast<char*>(a->buf), ua, b, static_cast<char*>(b->buf), ub, 0);
}

Ref view_compare(Value self, Value other, int op) {
  if (op != Py_EQ && op != Py_NE) return not_implemented_ref();
  if (!is_view(self)) return not_implemented_ref();
  View* v = as_view(self);
  int same;
  if (is_released(v)) {
    same = self == other;
  } else if (is_view(other)) {
    View* w = as_view(other);
    same = is_released(w) ? 0 : views_equal(&v->view, &w->view);
  } else {
    if (!has_buffer(other)) return not_implemented_ref();
    Py_buffer b;
    if (!buffer_get(other.object(), &b, PyBUF_FULL_RO)) {
      clear_error();
      return not_implemented_ref();
    }
    Py_ssize_t shape = b.itemsize ? b.len / b.itemsize : 0, stride = b.itemsize;
    if (b.ndim == 1) {
      if (!b.shape) b.shape = &shape;
      if (!b.strides) b.strides = &stride;
    }
    Py_ssize_t strides[PyBUF_MAX_NDIM];
    if (b.ndim > 1 && !b.strides) {
      Py_ssize_t n = b.itemsize;
      for (int i = b.ndim - 1; i >= 0; i--) { strides[i] = n; n *= b.shape[i]; }
      b.strides = strides;
    }
    same = views_equal(&v->view, &b);
    buffer_release(&b);
  }
  return same < 0 ? Ref{} : bool_ref((same != 0) == (op == Py_EQ));
}

Ref bytes_in_order(const Py_buffer* b, char order) {
  Ref r = bytes_uninitialized(b->len);
  if (r) buffer_to_contiguous(bytes_data(r), b, order);
  return r;
}

Py_hash_t view_hash(Value self) {
  View* v = as_view(self);
  if (v->hash != -1) return v->hash;
  CHECK_RELEASED(v);
  if (!v->view.readonly) return raise(PyExc_ValueError, "cannot hash writable memoryview object");
  const char* f = plain_format(v->view.format);
  if (f[0] && (f[1] || (f[0] != 'B' && f[0] != 'b' && f[0] != 'c'))) {
    return raise(PyExc_ValueError, "memoryview: hashing is restricted to formats 'B', 'b' or 'c'");
  }
  if (v->view.obj && hash(Value{v->view.obj}) == -1) return -1;
  Ref bytes = bytes_in_order(&v->view, 'C');
  if (!bytes) return -1;
  v->hash = hash(bytes);
  return v->hash;
}

Ref view_repr(Value self) {
  return str_format(as_view(self)->flags & _Py_MEMORYVIEW_RELEASED ? "<released memory at %p>" : "<memory at %p>", static_cast<void*>(self.object()));
}

// --- Methods ------------------------------------------------------------------------------------------------------------------

Ref view_new_slot(PyTypeObject*, Args args) {
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(args.kwnames)) : 0;
  if (args.n + keywords > 1) return raise(PyExc_TypeError, "memoryview() takes at most 1 argument (%zd given)", static_cast<Py_ssize_t>(args.n + keywords));
  if (keywords && !str_equals(tuple_get(args.kwnames, 0), "object")) {
    return raise(PyExc_TypeError, "memoryview() missing required argument 'object' (pos 1)");
  }
  if (args.n + keywords == 0) return raise(PyExc_TypeError, "memoryview() missing required argument 'object' (pos 1)");
  return memoryview_of(args.v[0]);
}

Ref view_release_method(Value self) { return view_release(as_view(self)) ? none_ref() : Ref{}; }
Ref view_enter(Value self) {
  CHECK_RELEASED(as_view(self));
  return Ref::copy(self);
}
Ref view_exit(Value self, Args) { return view_release_method(self); }

Ref view_tobytes(Value self, const Value* a) {
  View* v = as_view(self);
  CHECK_RELEASED(v);
  char order = 'C';
  if (!a[0].absent() && !is_none(a[0])) {
    if (!is_str(a[0])) return raise(PyExc_TypeError, "tobytes() argument 'order' must be str or None, not %.50s", type_of(a[0])->tp_name);
    if (str_equals(a[0], "F")) order = 'F';
    else if (str_equals(a[0], "A")) order = 'A';
    else if (!str_equals(a[0], "C")) return raise(PyExc_ValueError, "order must be 'C', 'F' or 'A'");
  }
  return bytes_in_order(&v->view, order);
}

Ref view_hex(Value self, const Value* a) {
  View* v = as_view(self);
  CHECK_RELEASED(v);
  Ref bytes = bytes_in_order(&v->view, 'C');
  return bytes ? bytes_hex(bytes_view(bytes), a[0], a[1]) : Ref{};
}

Ref list_of_items(const Py_buffer* b, char* p, int dim) {
  if (dim == b->ndim) return unpack_native(p, b->format);
  Ref list = list_new(b->shape[dim]);
  if (!list) return {};
  for (Py_ssize_t i = 0; i < b->shape[dim]; i++) {
    Ref item = list_of_items(b, follow(p, b->suboffsets, dim), dim + 1);
    if (!item || !list_append(list, std::move(item))) return {};
    p += b->strides[dim];
  }
  return list;
}

Ref view_tolist(Value self) {
  View* v = as_view(self);
  CHECK_RELEASED(v);
  if (!check_native(v->view.format)) return {};
  return list_of_items(&v->view, static_cast<char*>(v->view.buf), 0);
}

const char* interned_format(std::string_view f) {
  static const char* const all[] = {"c", "b", "B", "h", "H", "i", "I", "l", "L", "q", "Q", "n", "N", "f", "d", "?", "P",
                                    "@c", "@b", "@B", "@h", "@H", "@i", "@I", "@l", "@L", "@q", "@Q", "@n", "@N", "@f", "@d", "@?", "@P"};
  for (const char* s : all) {
    if (f == s) return s;
  }
  return nullptr;
}

bool is_byte_format(const char* f) {
  f = plain_format(f);
  return (f[0] == 'b' || f[0] == 'B' || f[0] == 'c') && !f[1];
}

Ref view_cast(Value self, const Value* a) {
  View* v = as_view(self);
  CHECK_RELEASED(v);
  if (!is_str(a[0])) return raise(PyExc_TypeError, "cast() argument 'format' must be str, not %.50s", type_of(a[0])->tp_name);
  if (!(v->flags & _Py_MEMORYVIEW_C)) return raise(PyExc_TypeError, "memoryview: casts are restricted to C-contiguous views");
  bool shaped = !a[1].absent();
  Py_buffer* b = &v->view;
  if (shaped || b->ndim != 1) {
    for (int i = 0; i < b->ndim; i++) {
      if (b->shape[i] == 0 || b->strides[i] == 0) return raise(PyExc_TypeError, "memoryview: cannot cast view with zeros in shape or strides");
    }
  }
  Py_ssize_t ndim = 1;
  if (shaped) {
    if (!is_list_or_tuple(a[1])) return raise(PyExc_TypeError, "shape must be a list or a tuple");
    ndim = sequence_size(a[1]);
    if (ndim > PyBUF_MAX_NDIM) return raise(PyExc_ValueError, "memoryview: number of dimensions must not exceed 64");
    if (b->ndim != 1 && ndim != 1) return raise(PyExc_TypeError, "memoryview: cast must be 1D -> ND or ND -> 1D");
  }
  std::string_view format = str_utf8(a[0]);
  if (!format.data()) return {};
  const char* to = interned_format(format);
  if (!to) return raise(PyExc_ValueError, "memoryview: destination format must be a native single character format prefixed with an optional '@'");
  if (!is_byte_format(b->format) && !is_byte_format(to)) return raise(PyExc_TypeError, "memoryview: cannot cast between two non-byte formats");
  Py_ssize_t itemsize = native_format_size(to);
  if (b->len % itemsize) return raise(PyExc_TypeError, "memoryview: length is not a multiple of itemsize");
  // The new shape is read before the view is made: it may not run code that sees half a view.
  Py_ssize_t shape[PyBUF_MAX_NDIM] = {b->len / itemsize};
  if (shaped) {
    Py_ssize_t product = itemsize;
    for (Py_ssize_t i = 0; i < ndim; i++) {
      Value n = sequence_get(a[1], i);
      if (!is_int(n)) return raise(PyExc_TypeError, "memoryview.cast(): elements of shape must be integers");
      if (!as_ssize(n, &shape[i])) return {};
      if (shape[i] <= 0) return raise(PyExc_ValueError, "memoryview.cast(): elements of shape must be integers > 0");
      if (shape[i] > PY_SSIZE_T_MAX / product) return raise(PyExc_ValueError, "memoryview.cast(): product(shape) > SSIZE_MAX");
      product *= shape[i];
    }
    if (product != b->len) return raise(PyExc_TypeError, "memoryview: product(shape) * itemsize != buffer size");
  }
  Ref r = view_new(v->mbuf, b, static_cast<int>(ndim));
  if (!r) return {};
  View* w = as_view(r);
  w->view.format = const_cast<char*>(to);
  w->view.itemsize = itemsize;
  w->view.suboffsets = nullptr;
  Py_ssize_t size = itemsize;
  for (Py_ssize_t i = ndim - 1; i >= 0; i--) {
    w->view.shape[i] = shape[i];
    w->view.strides[i] = size;
    size *= shape[i];
  }
  set_layout_flags(w);
  return r;
}

Ref view_toreadonly(Value self) {
  View* v = as_view(self);
  CHECK_RELEASED(v);
  Ref r = view_new(v->mbuf, &v->view, v->view.ndim);
  if (r) as_view(r)->view.readonly = 1;
  return r;
}

// --- Attributes ------------------------------------------------------------------------------------------------------------------

Ref tuple_of_sizes(const Py_ssize_t* sizes, int n) {
  if (!sizes) return tuple_empty();
  Ref t = tuple_new_untracked(n);
  for (int i = 0; t && i < n; i++) tuple_init(t, i, int_from_ssize(sizes[i]));
  return t;
}

#define GETTER(name, expression)         \
  Ref name(Value self) {                 \
    View* v = as_view(self);             \
    CHECK_RELEASED(v);                   \
    return expression;                   \
  }
GETTER(get_obj, v->view.obj ? Ref::copy(from_c_borrowed(v->view.obj)) : none_ref())
GETTER(get_nbytes, int_from_ssize(v->view.len))
GETTER(get_readonly, bool_ref(v->view.readonly != 0))
GETTER(get_itemsize, int_from_ssize(v->view.itemsize))
GETTER(get_format, str_from_utf8(v->view.format))
GETTER(get_ndim, Ref::from_int(v->view.ndim))
GETTER(get_shape, tuple_of_sizes(v->view.shape, v->view.ndim))
GETTER(get_strides, tuple_of_sizes(v->view.strides, v->view.ndim))
GETTER(get_suboffsets, tuple_of_sizes(v->view.suboffsets, v->view.ndim))
GETTER(get_c_contiguous, bool_ref((v->flags & _Py_MEMORYVIEW_C) != 0))
GETTER(get_f_contiguous, bool_ref((v->flags & _Py_MEMORYVIEW_FORTRAN) != 0))
GETTER(get_contiguous, bool_ref((v->flags & (_Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN)) != 0))
#undef GETTER

const MethodRow view_methods[] = {
    method<view_release_method>("release", "($self, /)", "Release the underlying buffer exposed by the memoryview object."),
    method<view_tobytes>("tobytes", "($self, /, order='C')",
                         "Return the data in the buffer as a byte string.\n\n"
                         "Order can be {'C', 'F', 'A'}. When order is 'C' or 'F', the data of the\n"
                         "original array is converted to C or Fortran order. For contiguous views,\n"
                         "'A' returns an exact copy of the physical memory. In particular, in-memory\n"
                         "Fortran order is preserved. For non-contiguous views, the data is converted\n"
                         "to C first. order=None is the same as order='C'."),
    method<view_hex>("hex", "($self, /, sep=<unrepresentable>, bytes_per_sep=1)", "Return the data in the buffer as a str of hexadecimal numbers."
           "\n\n>>> memoryview(b'\\xb9\\x01\\xef').hex()\n'b901ef'\n>>> memoryview(b'\\xb9\\x01\\xef').hex(':')\n'b9:01:ef'"),
    method<view_tolist>("tolist", "($self, /)", "Return the data in the buffer as a list of elements."),
    method<view_cast>("cast", "($self, /, format, shape=<unrepresentable>)", "Cast a memoryview to a new format or shape."),
    method<view_toreadonly>("toreadonly", "($self, /)", "Return a readonly version of the memoryview."),
    method<view_enter>("__enter__", "", ""),
    method<view_exit>("__exit__", "", ""),
    {}};

const GetSetRow view_getset[] = {
    getset<get_obj>("obj", "The underlying object of the memoryview."),
    getset<get_nbytes>("nbytes", "The amount of space in bytes that the array would use in\n a contiguous representation."),
    getset<get_readonly>("readonly", "A bool indicating whether the memory is read only."),
    getset<get_itemsize>("itemsize", "The size in bytes of each element of the memoryview."),
    getset<get_format>("format", "A string containing the format (in struct module style)\n for each element in the view."),
    getset<get_ndim>("ndim", "An integer indicating how many dimensions of a multi-dimensional\n array the memory represents."),
    getset<get_shape>("shape", "A tuple of ndim integers giving the shape of the memory\n as an N-dimensional array."),
    getset<get_strides>("strides", "A tuple of ndim integers giving the size in bytes to access\n each element for each dimension of the array."),
    getset<get_suboffsets>("suboffsets", "A tuple of integers used internally for PIL-style arrays."),
    getset<get_c_contiguous>("c_contiguous", "A bool indicating whether the memory is C contiguous."),
    getset<get_f_contiguous>("f_contiguous", "A bool indicating whether the memory is Fortran contiguous."),
    getset<get_contiguous>("contiguous", "A bool indicating whether the memory is contiguous."),
    {}};

// --- Iterator ------------------------------------------------------------------------------------------------------------------

struct ViewIterator {
  PyObject head;
  Py_ssize_t index, size;
  PyObject* view;  // null when exhausted
};

Ref view_iter(Value self) {
  View* v = as_view(self);
  CHECK_RELEASED(v);
  if (v->view.ndim == 0) return raise(PyExc_TypeError, "invalid indexing of 0-dim memory");
  if (v->view.ndim != 1) return raise(PyExc_NotImplementedError, "multi-dimensional sub-views are not implemented");
  if (!check_native(v->view.format)) return {};
  PyObject* o = gc_new_raw(&_PyMemoryIter_Type, sizeof(ViewIterator));
  if (!o) return {};
  auto* it = reinterpret_cast<ViewIterator*>(o);
  it->index = 0;
  it->size = v->view.shape[0];
  it->view = self.object();
  incref(self);
  gc_track(o);
  return Ref::steal(Value{o});
}

Ref iterator_next(Value self) {
  auto* it = self.as<ViewIterator>();
  if (!it->view) return {};
  Value m{it->view};
  View* v = as_view(m);
  if (it->index < it->size) {
    CHECK_RELEASED(v);
    char* p = static_cast<char*>(v->view.buf) + v->view.strides[0] * it->index++;
    return unpack_native(follow(p, v->view.suboffsets, 0), v->view.format);
  }
  it->view = nullptr;
  decref(m);
  return {};
}

void iterator_dealloc(PyObject* self) {
  gc_untrack(self);
  Py_XDECREF(reinterpret_cast<ViewIterator*>(self)->view);
  gc_free(self);
}
int iterator_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(reinterpret_cast<ViewIterator*>(self)->view);
  return 0;
}
Ref self_iter(Value self) { return Ref::copy(self); }

}  // namespace

extern const TypeDef memoryview_def = {
    .type = &PyMemoryView_Type,
    .name = "memoryview",
    .basicsize = offsetof(PyMemoryViewObject, ob_array),
    .itemsize = sizeof(Py_ssize_t),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_SEQUENCE,
    .doc = "Create a new memoryview object which references the given object.",
    .signature = "(object)",
    .dealloc = view_dealloc,
    .traverse = view_traverse,
    .clear = view_clear,
    .weaklistoffset = offsetof(PyMemoryViewObject, weakreflist),
    .slots = {.tp_repr = slot::Unary<view_repr>,
              .tp_hash = slot::Hash<view_hash>,
              .tp_richcompare = slot::Compare<view_compare>,
              .tp_iter = slot::Unary<view_iter>,
              .tp_new = slot::New<view_new_slot>,
              .sq_length = slot::Length<view_length>,
              .sq_item = slot::Index<view_item>,
              .mp_length = slot::Length<view_length>,
              .mp_subscript = slot::Binary<view_subscript>,
              .mp_ass_subscript = slot::StoreItem<view_store>},
    .buffer = &buffer_procs,
    .methods = view_methods,
    .getset = view_getset,
};

extern const TypeDef managed_buffer_def = {
    .type = &_PyManagedBuffer_Type,
    .name = "managedbuffer",
    .basicsize = sizeof(_PyManagedBufferObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = managed_dealloc,
    .traverse = managed_traverse,
    .clear = managed_clear,
};

extern const TypeDef memory_iterator_def = {
    .type = &_PyMemoryIter_Type,
    .name = "memory_iterator",
    .basicsize = sizeof(ViewIterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .dealloc = iterator_dealloc,
    .traverse = iterator_traverse,
    .slots = {.tp_iter = slot::Unary<self_iter>, .tp_iternext = slot::Next<iterator_next>},
};

}  // namespace adder
