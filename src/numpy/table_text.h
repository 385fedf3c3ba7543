// Tables of numbers in text.
#pragma once
#include "value/ref.h"

namespace adder::numpy {

// (lines, delimiter, marks, skip, columns, most, whole): the numbers in a list of lines from the `skip`th, at most `most` rows of them (-1: all),
// as a table of float64 (int64 if whole); None if a line is not as simple as that. `delimiter` None: white space; `marks` begin
// comments; `columns` None or a tuple of places.
Ref np_read_table(Value, const Value* v);

}  // namespace adder::numpy
