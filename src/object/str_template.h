// What the _string module needs of str.format's engine.
#pragma once
#include "object/builtin.h"

namespace adder {

Ref formatter_parser(Value text);
Ref formatter_field_name_split(Value text);
extern const TypeDef formatter_iterator_def, fieldname_iterator_def;

}  // namespace adder
