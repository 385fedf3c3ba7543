// builtins: functions that ask or change one object (attributes, kind, number, text).
#include "modules/builtins.h"
#include "object/arguments.h"
#include "object/audit.h"
#include "object/bytes.h"
#include "object/hooks.h"
#include "object/int.h"
#include "object/object.h"
#include "object/slots.h"
#include "object/type.h"

namespace adder {
namespace {

Ref b_abs(Value, Value x) { return absolute(x); }
Ref b_ascii(Value, Value x) { return ascii(x); }
Ref b_callable(Value, Value x) { return bool_ref(is_callable(x)); }
Ref b_repr(Value, Value x) { return repr(x); }
Ref b_id(Value, Value x) {
  Ref id = id_of(x);
  return id && audit("builtins.id", {id.get()}) ? std::move(id) : Ref{};
}

Ref b_hash(Value, Value x) {
  Py_hash_t h = hash(x);
  return h == -1 ? Ref{} : int_from_i64(h);
}
Ref b_len(Value, Value x) {
  Py_ssize_t n = length(x);
  return n < 0 ? Ref{} : int_from_ssize(n);
}

template <int Base>
Ref b_digits(Value, Value x) {
  Ref i = index(x);
  return i ? int_to_text(i, Base, true, false) : Ref{};
}

Ref b_chr(Value, Value x) {
  int c;
  if (!as_int(x, &c)) return nullptr;
  if (c < 0 || c > 0x10ffff) return raise(PyExc_ValueError, "chr() arg not in range(0x110000)");
  return str_from_char(static_cast<uint32_t>(c));
}

Ref b_ord(Value, Value x) {
  Py_ssize_t n;
  if (is_str(x)) {
    n = str_length(x);
    if (n == 1) return Ref::from_int(str_char(x, 0));
  } else if (is_bytes(x)) {
    n = bytes_length(x);
    if (n == 1) return Ref::from_int(static_cast<uint8_t>(bytes_data(x)[0]));
  } else if (x.is_object() && is_instance_exactly(x, &PyByteArray_Type)) {
    n = bytearray_length(x);
    if (n == 1) return Ref::from_int(static_cast<uint8_t>(bytearray_data(x)[0]));
  } else {
    return raise(PyExc_TypeError, "ord() expected string of length 1, but %N found", type_of(x));
  }
  return raise(PyExc_TypeError, "ord() expected a character, but string of length %zd found", n);
}

Ref b_divmod(Value, Args args) {
  if (!positional_only("divmod", args, 2, 2)) return nullptr;
  return binary(BinaryOp::kDivmod, args[0], args[1]);
}
Ref b_pow(Value, const Value* a) { return power(a[0], a[1], a[2] ? a[2] : none()); }

Ref b_round(Value, const Value* a) {
  Ref method = lookup_special(a[0], "__round__"_id);
  if (!method) {
    if (!error_occurred()) raise(PyExc_TypeError, "type %N doesn't define __round__ method", type_of(a[0]));
    return nullptr;
  }
  return a[1] && !is_none(a[1]) ? call1(method, a[1]) : call0(method);
}

Ref b_format(Value, Args args) {
  if (!positional_only("format", args, 1, 2)) return nullptr;
  if (args.n > 1 && !is_str(args[1])) return raise(PyExc_TypeError, "format() argument 2 must be str, not %s", is_none(args[1]) ? "None" : type_of(args[1])->tp_name);
  return format(args[0], args.n > 1 ? args[1] : Value{});
}

// --- Attributes ---------------------------------------------------------------------------------------------------------
bool is_name(Value name) {
  if (ADDER_LIKELY(is_str(name))) return true;
  return raise(PyExc_TypeError, "attribute name must be string, not '%N'", type_of(name));
}

Ref b_getattr(Value, Args args) {
  if (!positional_only("getattr", args, 2, 3) || !is_name(args[1])) return nullptr;
  if (args.n == 2) return getattr(args[0], args[1].object());
  Ref r;
  int found = lookup_attr(args[0], args[1].object(), &r);
  if (found < 0) return nullptr;
  return found ? std::move(r) : Ref::copy(args[2]);
}
Ref b_hasattr(Value, Args args) {
  if (!positional_only("hasattr", args, 2, 2) || !is_name(args[1])) return nullptr;
  int r = hasattr(args[0], args[1].object());
  return r < 0 ? Ref{} : bool_ref(r);
}
Ref b_setattr(Value, Args args) {
  if (!positional_only("setattr", args, 3, 3) || !is_name(args[1])) return nullptr;
  return setattr(args[0], args[1].object(), args[2]) ? none_ref() : Ref{};
}
Ref b_delattr(Value, Args args) {
  if (!positional_only("delattr", args, 2, 2) || !is_name(args[1])) return nullptr;
  return delattr(args[0], args[1].object()) ? none_ref() : Ref{};
}
Ref b_dir(Value, Args args) {
  if (!positional_only("dir", args, 0, 1)) return nullptr;
  return dir(args.n ? args[0] : Value{});
}

Ref locals_or_raise() {
  Ref r = hooks.frame_locals ? hooks.frame_locals() : Ref{};
  if (!r && !error_occurred()) raise(PyExc_SystemError, "frame does not exist");
  return r;
}
Ref b_vars(Value, Args args) {
  if (!positional_only("vars", args, 0, 1)) return nullptr;
  if (args.n == 0) return locals_or_raise();
  Ref r;
  if (lookup_attr(args[0], "__dict__"_id, &r) < 0) return nullptr;
  if (!r) return raise(PyExc_TypeError, "vars() argument must have __dict__ attribute");
  return r;
}
Ref b_locals(Value) { return locals_or_raise(); }
Ref b_globals(Value) {
  Ref r = hooks.frame_globals ? hooks.frame_globals() : Ref{};
  if (!r && !error_occurred()) raise(PyExc_SystemError, "frame does not exist");
  return r;
}

Ref b_isinstance(Value, Args args) {
  if (!positional_only("isinstance", args, 2, 2)) return nullptr;
  int r = is_instance(args[0], args[1]);
  return r < 0 ? Ref{} : bool_ref(r);
}
Ref b_issubclass(Value, Args args) {
  if (!positional_only("issubclass", args, 2, 2)) return nullptr;
  int r = is_subclass(args[0], args[1]);
  return r < 0 ? Ref{} : bool_ref(r);
}

}  // namespace

const MethodRow builtins_object_rows[] = {
    method<b_abs>("abs", "($module, x, /)", "Return the absolute value of the argument."),
    method<b_ascii>("ascii", "($module, obj, /)",
                    "Return an ASCII-only representation of an object.\n\n"
                    "As repr(), return a string containing a printable representation of an\n"
                    "object, but escape the non-ASCII characters in the string returned by\n"
                    "repr() using \\\\x, \\\\u or \\\\U escapes. This generates a string similar\n"
                    "to that returned by repr() in Python 2."),
    method<b_digits<2>>("bin", "($module, number, /)",
                        "Return the binary representation of an integer.\n\n   >>> bin(2796202)\n   '0b1010101010101010101010'"),
    method<b_callable>("callable", "($module, obj, /)",
                       "Return whether the object is callable (i.e., some kind of function).\n\n"
                       "Note that classes are callable, as are instances of classes with a\n__call__() method."),
    method<b_chr>("chr", "($module, i, /)", "Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff."),
    method<b_delattr>("delattr", "($module, obj, name, /)",
                      "Deletes the named attribute from the given object.\n\ndelattr(x, 'y') is equivalent to ``del x.y``"),
    method<b_dir>("dir", "",
                  "dir([object]) -> list of strings\n\n"
                  "If called without an argument, return the names in the current scope.\n"
                  "Else, return an alphabetized list of names comprising (some of) the attributes\n"
                  "of the given object, and of attributes reachable from it.\n"
                  "If the object supplies a method named __dir__, it will be used; otherwise\n"
                  "the default dir() logic is used and returns:\n"
                  "  for a module object: the module's attributes.\n"
                  "  for a class object:  its attributes, and recursively the attributes\n    of its bases.\n"
                  "  for any other object: its attributes, its class's attributes, and\n"
                  "    recursively the attributes of its class's base classes."),
    method<b_divmod>("divmod", "($module, x, y, /)", "Return the tuple (x//y, x%y).  Invariant: div*y + mod == x."),
    method<b_format>("format", "($module, value, format_spec='', /)",
                     "Return value.__format__(format_spec)\n\nformat_spec defaults to the empty string.\n"
                     "See the Format Specification Mini-Language section of help('FORMATTING') for\ndetails."),
    method<b_getattr>("getattr", "",
                      "getattr(object, name[, default]) -> value\n\n"
                      "Get a named attribute from an object; getattr(x, 'y') is equivalent to x.y.\n"
                      "When a default argument is given, it is returned when the attribute doesn't\n"
                      "exist; without it, an exception is raised in that case."),
    method<b_globals>("globals", "($module, /)",
                      "Return the dictionary containing the current scope's global variables.\n\n"
                      "NOTE: Updates to this dictionary *will* affect name lookups in the current\nglobal scope and vice-versa."),
    method<b_hasattr>("hasattr", "($module, obj, name, /)",
                      "Return whether the object has an attribute with the given name.\n\n"
                      "This is done by calling getattr(obj, name) and catching AttributeError."),
    method<b_hash>("hash", "($module, obj, /)",
                   "Return the hash value for the given object.\n\n"
                   "Two objects that compare equal must also have the same hash value, but the\nreverse is not necessarily true."),
    method<b_digits<16>>("hex", "($module, number, /)",
                         "Return the hexadecimal representation of an integer.\n\n   >>> hex(12648430)\n   '0xc0ffee'"),
    method<b_id>("id", "($module, obj, /)",
                 "Return the identity of an object.\n\nThis is guaranteed to be unique among simultaneously existing objects.\n"
                 "(CPython uses the object's memory address.)"),
    method<b_isinstance>("isinstance", "($module, obj, class_or_tuple, /)",
                         "Return whether an object is an instance of a class or of a subclass thereof.\n\n"
                         "A tuple, as in ``isinstance(x, (A, B, ...))``, may be given as the target to\n"
                         "check against. This is equivalent to ``isinstance(x, A) or isinstance(x, B)\nor ...`` etc."),
    method<b_issubclass>("issubclass", "($module, cls, class_or_tuple, /)",
                         "Return whether 'cls' is derived from another class or is the same class.\n\n"
                         "A tuple, as in ``issubclass(x, (A, B, ...))``, may be given as the target to\n"
                         "check against. This is equivalent to ``issubclass(x, A) or issubclass(x, B)\nor ...``."),
    method<b_len>("len", "($module, obj, /)", "Return the number of items in a container."),
    method<b_locals>("locals", "($module, /)",
                     "Return a dictionary containing the current scope's local variables.\n\n"
                     "NOTE: Whether or not updates to this dictionary will affect name lookups in\n"
                     "the local scope and vice-versa is *implementation dependent* and not\ncovered by any backwards compatibility guarantees."),
    method<b_digits<8>>("oct", "($module, number, /)", "Return the octal representation of an integer.\n\n   >>> oct(342391)\n   '0o1234567'"),
    method<b_ord>("ord", "($module, c, /)", "Return the Unicode code point for a one-character string."),
    method<b_pow>("pow", "($module, /, base, exp, mod=None)",
                  "Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.\n\n"
                  "Some types, such as ints, are able to use a more efficient algorithm when\ninvoked using the three argument form."),
    method<b_repr>("repr", "($module, obj, /)",
                   "Return the canonical string representation of the object.\n\n"
                   "For many object types, including most builtins, eval() can reconstruct the\nobject from that string."),
    method<b_round>("round", "($module, /, number, ndigits=None)",
                    "Round a number to a given precision in decimal digits.\n\n"
                    "The return value is an integer if ndigits is omitted or None.  Otherwise\n"
                    "the return value has the same type as the number.  ndigits may be negative."),
    method<b_setattr>("setattr", "($module, obj, name, value, /)",
                      "Sets the named attribute on the given object to the specified value.\n\nsetattr(x, 'y', v) is equivalent to ``x.y = v``"),
    method<b_vars>("vars", "",
                   "vars([object]) -> dictionary\n\nWithout arguments, equivalent to locals().\nWith an argument, equivalent to object.__dict__."),
    {}};

}  // namespace adder
