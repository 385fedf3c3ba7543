// adder/embed.hpp: what the host gives to scripts: functions, classes, and its own memory as arrays.
#include <cstring>
#include <utility>

#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/method.h"
#include "object/object.h"
#include "object/str.h"
#include "object/type.h"
#include "runtime/embed_room.h"

namespace adder::embed::detail {
namespace {

// --- Functions ------------------------------------------------------------------------------------------------------------------------
ADDER_TYPE(function_type);

struct Function {
  PyObject head;
  Room* room;
  Native* native;
  PyObject* name;
};

void function_dealloc(PyObject* o) {
  auto* f = reinterpret_cast<Function*>(o);
  {
    Entry entry(f->room, Entry::kInside);  // what it holds may be Objects
    delete f->native;
  }
  Py_XDECREF(f->name);
  Py_TYPE(o)->tp_free(o);
}
Ref function_call(Value self, Args args) {
  auto* f = self.as<Function>();
  if (args.kwnames && tuple_size(Value{args.kwnames})) return adder::raise(PyExc_TypeError, "%U() takes no keyword arguments", f->name);
  Ref kept = Ref::copy(self);
  Entry entry(f->room, Entry::kInside);
  Ref earlier = std::move(f->room->error);
  std::vector<Object> arguments;
  for (size_t i = 0; i < args.n; i++) arguments.push_back(Object::adopt(out(f->room, Ref::copy(args[i]))));
  Object result = (*f->native)(arguments.data(), arguments.size());
  Ref failure = error_occurred() ? take_error() : std::move(f->room->error);
  f->room->error = std::move(earlier);
  if (result) return Ref::copy(in(result.word()));
  if (!failure) return adder::raise(PyExc_SystemError, "%U() returned nothing and raised nothing", f->name);
  restore_error(std::move(failure));
  return {};
}
Ref function_get(Value self, Value object, Value) { return object ? bound_method(self, object) : Ref::copy(self); }
Ref function_name(Value self) { return Ref::copy(Value{self.as<Function>()->name}); }
Ref function_repr(Value self) { return str_format("<C++ function %U>", self.as<Function>()->name); }
const GetSetRow function_getset[] = {getset<function_name>("__name__"), getset<function_name>("__qualname__"), {}};
const TypeDef function_def{.type = &function_type,
                           .name = "adder.function",
                           .basicsize = sizeof(Function),
                           .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                           .doc = "A function of the C++ program around.",
                           .dealloc = function_dealloc,
                           .slots = {.tp_repr = slot::Unary<function_repr>, .tp_call = slot::Call<function_call>, .tp_descr_get = slot::DescrGet<function_get>},
                           .getset = function_getset};

// --- Instances ------------------------------------------------------------------------------------------------------------------------
ADDER_TYPE(held_type);

struct Held {
  PyObject head;
  void* object;
  void (*destroy)(void*);
  const void* tag;
  Room* room;
};

void end_held(Held* h) {
  if (!h->object) return;
  Entry entry(h->room, Entry::kInside);
  h->destroy(std::exchange(h->object, nullptr));
}
void held_dealloc(PyObject* o) {
  end_held(reinterpret_cast<Held*>(o));
  Py_TYPE(o)->tp_free(o);
}
Ref held_new(PyTypeObject* type, Args) { return Ref::steal(Value{allocate_instance(type)}); }
bool held_init(Value self, Args) { return adder::raise(PyExc_TypeError, "cannot create '%N' instances", type_of(self)); }
const TypeDef held_def{.type = &held_type,
                       .name = "adder.object",
                       .basicsize = sizeof(Held),
                       .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                       .doc = "An object of the C++ program around.",
                       .dealloc = held_dealloc,
                       .slots = {.tp_init = slot::Init<held_init>, .tp_new = slot::New<held_new>}};

bool types_are_ready() {
  static bool ready = false;
  return ready || (ready = ready_type(function_def) && ready_type(held_def));
}
bool is_held(Value v) { return PyType_IsSubtype(type_of(v), &held_type); }

Ref integers(const int64_t* v, size_t n) {
  std::vector<Value> all;
  for (size_t i = 0; i < n; i++) all.push_back(Value::from_int(v[i]));
  return tuple_from(all.data(), static_cast<Py_ssize_t>(n));
}

}  // namespace

Word make_function(Room* room, std::string_view name, Native native) {
  if (!room || !native) return {};
  Entry entry(room);
  Ref text = types_are_ready() ? intern(name) : Ref{};
  auto* f = text ? new_object<Function>(&function_type) : nullptr;
  if (!f) return {};
  f->room = room;
  f->native = new Native(std::move(native));
  f->name = text.release().object();
  return out(room, Ref::steal(Value{&f->head}));
}

Word make_class(Room* room, std::string_view name, const void* tag) {
  if (!room) return {};
  Entry entry(room);
  Ref text = types_are_ready() ? intern(name) : Ref{}, module = str_from_ascii("__main__");
  Ref bases = tuple_of({Value{&held_type}}), body = dict_new();
  if (!text || !module || !bases || !body || !dict_set_str(body, "__module__"_id, module)) return {};
  Ref type = adder::call(Value{&PyType_Type}, {text, bases, body});
  if (type) room->classes[tag] = Ref::copy(type);
  return out(room, std::move(type));
}
bool add_property(Word type, std::string_view name, Native get, Native set) {
  Entry entry(type.room);
  Room* room = entry.room();
  Ref getter = Ref::steal(in(make_function(room, name, std::move(get))));
  Ref setter = set ? Ref::steal(in(make_function(room, name, std::move(set)))) : none_ref();
  Ref property = getter && setter ? adder::call(Value{&PyProperty_Type}, {getter, setter}) : Ref{};
  Ref key = property ? intern(name) : Ref{};
  return key && setattr(in(type), key.object(), property);
}
bool hold(Word instance, const void* tag, void* object, void (*destroy)(void*)) {
  Entry entry(instance.room);
  Value v = in(instance);
  if (!is_held(v)) {
    destroy(object);
    return adder::raise(PyExc_TypeError, "expected an object of C++, not %N", type_of(v));
  }
  auto* h = v.as<Held>();
  end_held(h);
  h->object = object;
  h->destroy = destroy;
  h->tag = tag;
  h->room = entry.room();
  return true;
}
Word make_instance(const void* tag, void* object, void (*destroy)(void*)) {
  Entry entry(nullptr);
  auto found = entry.room()->classes.find(tag);
  if (found == entry.room()->classes.end()) {
    destroy(object);
    (void)adder::raise(PyExc_TypeError, "no class of this interpreter stands for the C++ class");
    return {};
  }
  Word w = out(entry.room(), Ref::steal(Value{allocate_instance(found->second.as<PyTypeObject>())}));
  if (!w.bits) destroy(object);
  else hold(w, tag, object, destroy);
  return w;
}
void* held(Word instance, const void* tag) {
  if (!instance.bits) return nullptr;
  Entry entry(instance.room);
  Value v = in(instance);
  if (is_held(v) && v.as<Held>()->object && v.as<Held>()->tag == tag) return v.as<Held>()->object;
  auto wanted = entry.room()->classes.find(tag);
  if (wanted == entry.room()->classes.end()) return adder::raise(PyExc_TypeError, "no class of this interpreter stands for the C++ class");
  return adder::raise(PyExc_TypeError, "expected %N, not %N", wanted->second.as<PyTypeObject>(), type_of(v));
}

// --- Arrays -----------------------------------------------------------------------------------------------------------------------------
Word make_array(Room* room, void* data, const char* dtype, const int64_t* shape, const int64_t* strides, size_t nd, bool writable) {
  if (!room) return {};
  Entry entry(room);
  const int64_t item = dtype[1] ? dtype[1] - '0' : 1;
  std::vector<int64_t> steps(nd);
  int64_t step = item, first = 0, last = item;  // offsets of the lowest byte and behind the highest
  bool empty = false;
  for (size_t i = nd; i-- > 0;) {
    steps[i] = strides ? strides[i] : step;
    step *= shape[i];
    empty |= shape[i] == 0;
    (steps[i] < 0 ? first : last) += (shape[i] - 1) * steps[i];
  }
  if (empty) first = last = 0;
  Ref memory = from_c_steal(PyMemoryView_FromMemory(static_cast<char*>(data) + first, last - first, writable ? PyBUF_WRITE : PyBUF_READ));
  Ref numpy = memory ? import_module("numpy") : Ref{};
  Ref ndarray = numpy ? getattr(numpy, "ndarray"_id) : Ref{};
  Ref type = str_from_ascii(dtype), shape_tuple = integers(shape, nd), strides_tuple = integers(steps.data(), nd);
  if (!ndarray || !type || !shape_tuple || !strides_tuple) return {};
  return out(room, adder::call(ndarray, {shape_tuple, type, memory, Value::from_int(-first), strides_tuple}));
}
Word view_array(Word array, char kind, size_t item_size, bool writable, Memory* memory) {
  if (!array.bits) return {};
  Entry entry(array.room);
  Ref view = adder::call(Value{&PyMemoryView_Type}, {in(array)});
  if (!view) return {};
  const Py_buffer& b = *PyMemoryView_GET_BUFFER(view.object());
  const char* format = b.format ? b.format : "B";
  if (*format == '@' || *format == '=' || *format == '<') format++;
  const char its = *format == '?' ? 'b' : strchr("efdg", *format) ? 'f' : strchr("bhilqn", *format) ? 'i' : strchr("BHILQNc", *format) ? 'u' : 0;
  if (format[1] || its != kind || b.itemsize != static_cast<Py_ssize_t>(item_size)) {
    return out(nullptr, adder::raise(PyExc_TypeError, "the array's elements (%s) are not of the C++ type", b.format ? b.format : "B"));
  }
  if (writable && b.readonly) return out(nullptr, adder::raise(PyExc_ValueError, "the array is read-only"));
  memory->data = b.buf;
  memory->shape.assign(b.shape, b.shape + b.ndim);
  memory->strides.assign(b.strides, b.strides + b.ndim);
  return out(entry.room(), std::move(view));
}

}  // namespace adder::embed::detail
