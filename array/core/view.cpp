// Shapes and strides: counting, contiguity, broadcasting, reshaping without a copy, overlap, memory order.
#include "array/core/view.h"

#include <cstring>

namespace adder::array {

bool count_bytes(int nd, const index_t* shape, index_t item_size, index_t* bytes, Error& error) {
  if (nd > kMaxDims) {
    error.axis = nd;
    return error.fail(Code::too_many_dims);
  }
  // As NumPy, zero dimensions do not hide an overflow of the others.
  index_t total = item_size > 0 ? item_size : 1;
  bool empty = item_size == 0;
  for (int i = 0; i < nd; ++i) {
    if (shape[i] < 0) {
      error.shapes[0].set(nd, shape);
      return error.fail(Code::negative_dimension);
    }
    if (shape[i] == 0) {
      empty = true;
      continue;
    }
    if (__builtin_mul_overflow(total, shape[i], &total)) {
      error.shapes[0].set(nd, shape);
      return error.fail(Code::too_big);
    }
  }
  *bytes = empty ? 0 : total;
  return true;
}

void c_strides(int nd, const index_t* shape, index_t item_size, index_t* strides) {
  // Axes after an empty one count as one long, so that strides never vanish.
  index_t step = item_size;
  for (int i = nd; i-- > 0;) {
    strides[i] = step;
    step *= shape[i] ? shape[i] : 1;
  }
}

void f_strides(int nd, const index_t* shape, index_t item_size, index_t* strides) {
  index_t step = item_size;
  for (int i = 0; i < nd; ++i) {
    strides[i] = step;
    step *= shape[i] ? shape[i] : 1;
  }
}

int layout_flags(int nd, const index_t* shape, const index_t* strides, const char* data, const DType* dtype) {
  int flags = 0;
  bool c = true, f = true;
  index_t step = dtype->size;
  for (int i = nd; i-- > 0;) {
    if (shape[i] == 0) {
      c = f = true;
      goto contiguity_known;
    }
    if (shape[i] != 1) {
      if (strides[i] != step) c = false;
      step *= shape[i];
    }
  }
  step = dtype->size;
  for (int i = 0; i < nd; ++i) {
    if (shape[i] == 0) {
      c = f = true;
      break;
    }
    if (shape[i] != 1) {
      if (strides[i] != step) f = false;
      step *= shape[i];
    }
  }
contiguity_known:
  if (c) flags |= kCContiguous;
  if (f) flags |= kFContiguous;
  std::uintptr_t bits = reinterpret_cast<std::uintptr_t>(data);
  for (int i = 0; i < nd; ++i)
    if (shape[i] > 1) bits |= static_cast<std::uintptr_t>(strides[i]);
  if ((bits & static_cast<std::uintptr_t>(dtype->alignment - 1)) == 0) flags |= kAligned;
  return flags;
}

bool broadcast_shapes(int count, const ArrayView* operands, int* nd, index_t* shape, Error& error) {
  int most = 0;
  for (int k = 0; k < count; ++k) most = operands[k].nd > most ? operands[k].nd : most;
  for (int i = 0; i < most; ++i) shape[i] = 1;
  for (int k = 0; k < count; ++k) {
    int offset = most - operands[k].nd;
    for (int i = 0; i < operands[k].nd; ++i) {
      index_t length = operands[k].shape[i];
      index_t& target = shape[offset + i];
      if (length == 1 || length == target) continue;
      if (target != 1) {
        error.count = count < 6 ? count : 6;
        for (int j = 0; j < error.count; ++j) error.shapes[j].set(operands[j].nd, operands[j].shape);
        return error.fail(Code::broadcast);
      }
      target = length;
    }
  }
  *nd = most;
  return true;
}

bool broadcast_strides(const ArrayView& view, int nd, const index_t* shape, index_t* strides, Error& error) {
  int offset = nd - view.nd;
  bool fits = offset >= 0;
  for (int i = 0; fits && i < nd; ++i) {
    if (i < offset) {
      strides[i] = 0;
    } else {
      index_t length = view.shape[i - offset];
      if (length == shape[i]) strides[i] = length == 1 ? 0 : view.strides[i - offset];
      else if (length == 1) strides[i] = 0;
      else fits = false;
    }
  }
  if (fits) return true;
  error.count = 2;
  error.shapes[0].set(view.nd, view.shape);
  error.shapes[1].set(nd, shape);
  return error.fail(Code::broadcast);
}

bool reshape_view(const ArrayView& view, int nd, const index_t* shape, char order, index_t* strides) {
  // Old axes of length one carry no information.
  index_t old_shape[kMaxDims], old_strides[kMaxDims];
  int old_nd = 0;
  for (int i = 0; i < view.nd; ++i) {
    if (view.shape[i] == 1) continue;
    old_shape[old_nd] = view.shape[i];
    old_strides[old_nd++] = view.strides[i];
  }
  bool empty = false;
  for (int i = 0; i < nd; ++i) empty |= shape[i] == 0;
  if (empty) {
    if (order == 'F') f_strides(nd, shape, view.dtype->size, strides);
    else c_strides(nd, shape, view.dtype->size, strides);
    return true;
  }
  // Groups of old and new axes with equal products; within a group the old axes must lie evenly in memory.
  int oi = 0, oj = 1, ni = 0, nj = 1;
  while (ni < nd && oi < old_nd) {
    index_t np = shape[ni], op = old_shape[oi];
    while (np != op) {
      if (np < op) np *= shape[nj++];
      else op *= old_shape[oj++];
    }
    for (int ok = oi; ok < oj - 1; ++ok) {
      if (order == 'F') {
        if (old_strides[ok + 1] != old_shape[ok] * old_strides[ok]) return false;
      } else {
        if (old_strides[ok] != old_shape[ok + 1] * old_strides[ok + 1]) return false;
      }
    }
    if (order == 'F') {
      strides[ni] = old_strides[oi];
      for (int nk = ni + 1; nk < nj; ++nk) strides[nk] = strides[nk - 1] * shape[nk - 1];
    } else {
      strides[nj - 1] = old_strides[oj - 1];
      for (int nk = nj - 1; nk > ni; --nk) strides[nk - 1] = strides[nk] * shape[nk];
    }
    ni = nj++;
    oi = oj++;
  }
  // What is left are new axes of length one.
  index_t last = ni >= 1 ? strides[ni - 1] : view.dtype->size;
  if (order == 'F' && ni >= 1) last *= shape[ni - 1];
  for (; ni < nd; ++ni) strides[ni] = last;
  return true;
}

bool resolve_shape(index_t size, int nd, index_t* shape, Error& error) {
  index_t known = 1;
  int unknown = -1;
  for (int i = 0; i < nd; ++i) {
    if (shape[i] < 0) {
      if (unknown >= 0) {
        error.axis = i;
        return error.fail(Code::negative_dimension);
      }
      unknown = i;
    } else if (__builtin_mul_overflow(known, shape[i], &known)) {
      known = -1;
      break;
    }
  }
  bool fits;
  if (unknown >= 0) {
    fits = known > 0 && size % known == 0;
    if (fits) shape[unknown] = size / known;
  } else {
    fits = known == size;
  }
  if (fits) return true;
  error.size = size;
  error.shapes[0].set(nd, shape);
  return error.fail(Code::reshape);
}

bool normalize_axis(int* axis, int nd, Error& error) {
  if (*axis >= -nd && *axis < nd) {
    if (*axis < 0) *axis += nd;
    return true;
  }
  error.axis = *axis;
  error.size = nd;
  return error.fail(Code::axis_range);
}

Extent extent(const ArrayView& view) {
  const char* low = view.data;
  const char* high = view.data;
  for (int i = 0; i < view.nd; ++i) {
    if (view.shape[i] == 0) return {view.data, view.data};
    index_t span = view.strides[i] * (view.shape[i] - 1);
    if (span < 0) low += span;
    else high += span;
  }
  return {low, high + view.dtype->size};
}

bool may_share_memory(const ArrayView& a, const ArrayView& b) {
  Extent x = extent(a), y = extent(b);
  return x.begin < y.end && y.begin < x.end && x.begin != x.end && y.begin != y.end;
}

bool same_elements(const ArrayView& a, const ArrayView& b) {
  if (a.data != b.data || a.nd != b.nd || a.dtype->size != b.dtype->size) return false;
  for (int i = 0; i < a.nd; ++i) {
    if (a.shape[i] != b.shape[i]) return false;
    if (a.shape[i] > 1 && a.strides[i] != b.strides[i]) return false;
  }
  return true;
}

void memory_order(int nd, int operands, const index_t* const* strides, int* order) {
  // Insertion sort, innermost first, starting from C order; an axis moves inwards past axes that some operand
  // walks in larger steps, and past axes about which no operand says anything.
  int sorted[kMaxDims];
  for (int i = 0; i < nd; ++i) sorted[i] = nd - 1 - i;
  for (int i = 1; i < nd; ++i) {
    int axis = sorted[i], place = i;
    for (int j = i - 1; j >= 0; --j) {
      int other = sorted[j];
      bool known = false, inwards = false;
      for (int k = 0; k < operands; ++k) {
        index_t mine = strides[k][axis], theirs = strides[k][other];
        if (mine == 0 || theirs == 0) continue;
        if ((mine < 0 ? -mine : mine) >= (theirs < 0 ? -theirs : theirs)) inwards = false;
        else if (!known) inwards = true;
        known = true;
      }
      if (!known) continue;
      if (!inwards) break;
      place = j;
    }
    for (int j = i; j > place; --j) sorted[j] = sorted[j - 1];
    sorted[place] = axis;
  }
  for (int i = 0; i < nd; ++i) order[i] = sorted[nd - 1 - i];
}

void stride_order(int nd, const index_t* strides, int* order) {
  for (int i = 0; i < nd; ++i) {
    index_t mine = strides[i] < 0 ? -strides[i] : strides[i];
    int place = i;
    while (place > 0) {
      index_t other = strides[order[place - 1]];
      if ((other < 0 ? -other : other) >= mine) break;
      order[place] = order[place - 1];
      --place;
    }
    order[place] = i;
  }
}

}  // namespace adder::array
