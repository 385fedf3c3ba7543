// str methods that map or classify characters (str_case.cpp).
#pragma once
#include "object/abi.h"

namespace adder {

Ref str_lower(Value s);
Ref str_upper(Value s);
Ref str_title(Value s);
Ref str_capitalize(Value s);
Ref str_swapcase(Value s);
Ref str_casefold(Value s);
Ref str_isascii(Value s);
Ref str_islower(Value s);
Ref str_isupper(Value s);
Ref str_istitle(Value s);
Ref str_isspace(Value s);
Ref str_isdecimal(Value s);
Ref str_isdigit(Value s);
Ref str_isnumeric(Value s);
Ref str_isalpha(Value s);
Ref str_isalnum(Value s);
Ref str_isidentifier(Value s);
Ref str_isprintable(Value s);
bool is_identifier(Value s);

}  // namespace adder
