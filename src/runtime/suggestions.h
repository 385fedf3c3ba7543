// "Did you mean": the name that a NameError or AttributeError probably meant.
#pragma once
#include <string_view>

#include "object/abi.h"

namespace adder {

// The suggested name, a str; empty without exception if there is none. Runs with no exception raised.
Ref suggestion_for(Value exception);

// The nearest of the names (a list) that is near enough to `name` (a str); empty without exception if none is.
Ref nearest_name(Value candidates, Value name);

// The weighted edit distance of two names in UTF-8: a character more, less or another counts 2, another case of the same letter 1.
// Something above `most` as soon as it is certain to be above.
size_t edit_distance(std::string_view a, std::string_view b, size_t most);

}  // namespace adder
