// Universal newlines: the translation itself and IncrementalNewlineDecoder, which puts it behind another decoder.
#include "memory/gc.h"
#include "modules/io.h"
#include "object/str_impl.h"

namespace adder::io {

ADDER_TYPE(newline_decoder_type);

Ref newlines_seen(uint8_t seen) {
  static const char* const names[] = {"\r", "\n", "\r\n"};
  if (seen == 0) return none_ref();
  Ref parts[3];
  int n = 0;
  for (int i = 0; i < 3; i++) {
    if (!(seen & (1 << i))) continue;
    parts[n] = str_from_ascii(names[i]);
    if (!parts[n++]) return {};
  }
  if (n == 1) return std::move(parts[0]);
  Value v[3] = {parts[0], parts[1], parts[2]};
  return tuple_from(v, n);
}

Ref decode_newlines(NewlineState& state, Ref text, bool translate, bool final) {
  if (!text) return {};
  Py_ssize_t n = str_length(text);
  if (state.pending_cr && (final || n > 0)) {
    // The \r that was held back comes first.
    Ref cr = str_from_char('\r');
    if (!cr) return {};
    text = str_concat(cr, text);
    if (!text) return {};
    state.pending_cr = false;
    n = str_length(text);
  }
  if (n == 0) return text;
  int kind = str_kind(text);
  const void* data = str_data(text);
  if (!final && char_at(kind, data, n - 1) == '\r') {
    text = str_substring(text, 0, n - 1);
    if (!text) return {};
    state.pending_cr = true;
    n--;
    kind = str_kind(text);
    data = str_data(text);
  }
  if (find_char(kind, data, n, '\r') < 0) {
    if (!(state.seen & 2) && find_char(kind, data, n, '\n') >= 0) state.seen |= 2;
    return text;
  }
  if (!translate) {
    on_kind(kind, data, [&](auto* p) {
      // Without branches: it is the whole of a StringIO's text at once.
      bool lone_cr = p[n - 1] == '\r', lone_lf = p[0] == '\n', both = false;
      for (Py_ssize_t i = 1; i < n; i++) {
        const bool cr = p[i - 1] == '\r', lf = p[i] == '\n';
        both |= cr & lf;
        lone_cr |= cr & !lf;
        lone_lf |= lf & !cr;
      }
      state.seen |= lone_cr | lone_lf << 1 | both << 2;
    });
    return text;
  }
  StrBuilder b(n);
  Py_ssize_t i = 0;
  while (i < n) {
    Py_ssize_t cr = find_char(kind, char_pointer(kind, data, i), n - i, '\r');
    Py_ssize_t stop = cr < 0 ? n : i + cr;
    if (!(state.seen & 2) && find_char(kind, char_pointer(kind, data, i), stop - i, '\n') >= 0) state.seen |= 2;
    if (!b.add(text, i, stop)) return {};
    if (stop == n) break;
    if (stop + 1 < n && char_at(kind, data, stop + 1) == '\n') {
      state.seen |= 4;
      i = stop + 2;
    } else {
      state.seen |= 1;
      i = stop + 1;
    }
    if (!b.add_char('\n')) return {};
  }
  return b.finish();
}

namespace {

struct Decoder {
  PyObject head;
  PyObject* decoder;  // None: the input is str already
  PyObject* errors;
  NewlineState state;
  bool translate;
};
inline Decoder* self_of(Value v) { return v.as<Decoder>(); }

Ref decoder_new(PyTypeObject* type, Args) { return Ref::steal(allocate_instance(type)); }
bool decoder_init(Value self, Args args) {
  static const char* const names[] = {"decoder", "translate", "errors"};
  Value a[3] = {};
  size_t keywords = args.kwnames ? static_cast<size_t>(tuple_size(Value{args.kwnames})) : 0;
  if (args.n + keywords > 3) return raise(PyExc_TypeError, "IncrementalNewlineDecoder() takes at most 3 arguments (%zu given)", args.n + keywords);
  for (size_t i = 0; i < args.n; i++) a[i] = args[i];
  for (size_t k = 0; k < keywords; k++) {
    Value name = tuple_get(Value{args.kwnames}, static_cast<Py_ssize_t>(k));
    int at = -1;
    for (int i = 0; i < 3; i++)
      if (str_equals(name, names[i])) at = i;
    if (at < 0) return raise(PyExc_TypeError, "'%U' is an invalid keyword argument for IncrementalNewlineDecoder()", name);
    a[at] = args.v[args.n + k];
  }
  if (!a[0]) return raise(PyExc_TypeError, "IncrementalNewlineDecoder() missing required argument 'decoder' (pos 1)");
  if (!a[1]) return raise(PyExc_TypeError, "IncrementalNewlineDecoder() missing required argument 'translate' (pos 2)");
  int translate;
  if (!as_int(a[1], &translate)) return false;
  Ref errors = a[2] ? Ref::copy(a[2]) : str_from_ascii("strict");
  if (!errors) return false;
  Decoder* d = self_of(self);
  PyObject *old = d->decoder, *old_errors = d->errors;
  d->decoder = to_c(a[0]);
  d->errors = to_c_steal(std::move(errors));
  if (old) adder::decref(old);
  if (old_errors) adder::decref(old_errors);
  d->translate = translate != 0;
  d->state = {};
  return true;
}
void decoder_dealloc(PyObject* o) {
  auto* d = reinterpret_cast<Decoder*>(o);
  if (d->decoder) adder::decref(d->decoder);
  if (d->errors) adder::decref(d->errors);
  Py_TYPE(o)->tp_free(o);
}
bool ready(Decoder* d) { return d->decoder || raise(PyExc_ValueError, "IncrementalNewlineDecoder.__init__() not called"); }

Ref m_decode(Value self, const Value* a) {
  Decoder* d = self_of(self);
  if (!ready(d)) return {};
  bool final = false;
  if (a[1]) {
    int f;
    if (!as_int(a[1], &f)) return {};
    final = f != 0;
  }
  Ref text;
  if (is_none(Value{d->decoder})) text = Ref::copy(a[0]);
  else text = call_method(Value{d->decoder}, "decode"_id, {a[0], boolean(final)});
  if (!text) return {};
  if (!is_str(text)) return raise(PyExc_TypeError, "decoder should return a string result, not '%N'", type_of(text));
  return decode_newlines(d->state, std::move(text), d->translate, final);
}
Ref m_getstate(Value self) {
  Decoder* d = self_of(self);
  if (!ready(d)) return {};
  Ref buffer = bytes_new({}), flag = Ref::from_int(0);
  if (!is_none(Value{d->decoder})) {
    Ref state = call_method(Value{d->decoder}, "getstate"_id);
    if (!state) return {};
    if (!is_tuple(state) || tuple_size(state) != 2) return raise(PyExc_TypeError, "illegal decoder state");
    buffer = Ref::copy(tuple_get(state, 0));
    flag = Ref::copy(tuple_get(state, 1));
    if (!is_int(flag)) return raise(PyExc_TypeError, "illegal decoder state");
  }
  Ref shifted = int_lshift(flag, Value::from_int(1));
  if (!shifted) return {};
  if (d->state.pending_cr) shifted = int_or(shifted, Value::from_int(1));
  return tuple_of({buffer, shifted});
}
Ref m_setstate(Value self, Value state) {
  Decoder* d = self_of(self);
  if (!ready(d)) return {};
  if (!is_tuple(state)) return raise(PyExc_TypeError, "state argument must be a tuple");
  if (tuple_size(state) != 2 || !is_int(tuple_get(state, 1))) return raise(PyExc_TypeError, "setstate(): illegal state argument");
  Value buffer = tuple_get(state, 0), flag = tuple_get(state, 1);
  d->state.pending_cr = (int_as_u64_mask(flag) & 1) != 0;
  if (!is_none(Value{d->decoder})) {
    Ref rest = int_rshift(flag, Value::from_int(1));
    Ref inner = rest ? tuple_of({buffer, rest}) : Ref{};
    if (!inner) return {};
    return call_method(Value{d->decoder}, "setstate"_id, {inner});
  }
  return none_ref();
}
Ref m_reset(Value self) {
  Decoder* d = self_of(self);
  if (!ready(d)) return {};
  d->state = {};
  if (!is_none(Value{d->decoder})) return call_method(Value{d->decoder}, "reset"_id);
  return none_ref();
}
Ref get_newlines(Value self) {
  if (!ready(self_of(self))) return {};
  return newlines_seen(self_of(self)->state.seen);
}

const MethodRow decoder_methods[] = {
    method<m_decode>("decode", "($self, /, input, final=False)", nullptr),
    method<m_getstate>("getstate", "($self, /)", nullptr),
    method<m_setstate>("setstate", "($self, state, /)", nullptr),
    method<m_reset>("reset", "($self, /)", nullptr),
    {}};
const GetSetRow decoder_getset[] = {getset<get_newlines>("newlines"), {}};

}  // namespace

extern const TypeDef newline_decoder_def = {
    .type = &newline_decoder_type,
    .name = "_io.IncrementalNewlineDecoder",
    .basicsize = sizeof(Decoder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .doc = "Codec used when reading a file in universal newlines mode.",
    .signature = "(decoder, translate, errors='strict')",
    .dealloc = &decoder_dealloc,
    .slots = {.tp_init = slot::Init<decoder_init>, .tp_new = slot::New<decoder_new>},
    .methods = decoder_methods,
    .getset = decoder_getset,
};

}  // namespace adder::io
