// What stands in sys.stderr until there are text streams: writes straight to a descriptor. -v and errors of the start go there.
#include <unistd.h>

#include "object/builtin.h"
#include "object/bytes.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str.h"
#include "runtime/gil.h"
#include "runtime/interpreter.h"

namespace adder {
namespace {

ADDER_TYPE(std_printer_type);
struct Printer {
  PyObject head;
  int fd;
};
int fd_of(Value self) { return self.as<Printer>()->fd; }

Ref printer_write(Value self, Value text) {
  if (!is_str(text)) return raise(PyExc_TypeError, "argument 1 must be str, not %N", type_of(text));
  Ref bytes = str_encode(text, "utf-8", "backslashreplace");
  if (!bytes) return Ref{};
  std::string_view rest = bytes_view(bytes);
  ReleaseGil release;
  while (!rest.empty()) {
    ssize_t n = write(fd_of(self), rest.data(), rest.size());
    if (n < 0) break;  // there is nowhere to complain
    rest.remove_prefix(static_cast<size_t>(n));
  }
  return int_from_i64(str_length(text));
}
Ref printer_fileno(Value self) { return int_from_i64(fd_of(self)); }
Ref printer_isatty(Value self) { return bool_ref(isatty(fd_of(self))); }
Ref printer_nothing(Value) { return none_ref(); }
Ref printer_repr(Value self) { return str_format("<stdprinter(fd=%d) object at %p>", fd_of(self), self.object()); }
Ref printer_encoding(Value) { return none_ref(); }
Ref printer_mode(Value) { return str_from_ascii("w"); }
Ref printer_closed(Value) { return bool_ref(false); }

const MethodRow methods[] = {
    method<printer_nothing>("close", "($self, /)", ""),
    method<printer_nothing>("flush", "($self, /)", ""),
    method<printer_fileno>("fileno", "($self, /)", ""),
    method<printer_isatty>("isatty", "($self, /)", ""),
    method<printer_write>("write", "($self, text, /)", ""),
    {}};
const GetSetRow attributes[] = {
    getset<printer_closed>("closed", "True if the file is closed"),
    getset<printer_encoding>("encoding", "Encoding of the file"),
    getset<printer_mode>("mode", "String giving the file mode"),
    {}};

}  // namespace

Ref std_printer_new(int fd) {
  static const TypeDef def{.type = &std_printer_type, .name = "stderrprinter", .basicsize = sizeof(Printer), .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                           .slots = {.tp_repr = slot::Unary<printer_repr>}, .methods = methods, .getset = attributes};
  if (!std_printer_type.tp_dict && !ready_type(def)) return Ref{};
  auto* printer = new_object<Printer>(&std_printer_type);
  if (!printer) return Ref{};
  printer->fd = fd;
  return Ref::steal(Value{&printer->head});
}

}  // namespace adder
