// The module _string: str.format's parsing, for string.Formatter.
#include "object/builtin.h"
#include "object/error.h"
#include "object/str_template.h"

namespace adder {
namespace {

Ref parser(Value, Value text) {
  if (!is_str(text)) return raise(PyExc_TypeError, "expected str, got %N", type_of(text));
  return formatter_parser(text);
}
Ref field_name_split(Value, Value text) {
  if (!is_str(text)) return raise(PyExc_TypeError, "expected str, got %N", type_of(text));
  return formatter_field_name_split(text);
}
const MethodRow functions[] = {
    method<field_name_split>("formatter_field_name_split", "", "split the argument as a field name"),
    method<parser>("formatter_parser", "", "parse the argument as a format string"),
    {}};

}  // namespace

extern const ModuleDef string_module{.name = "_string", .doc = "string helper module", .methods = functions};

}  // namespace adder
