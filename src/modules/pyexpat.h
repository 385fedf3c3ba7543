// What pyexpat offers to _elementtree, besides the capsule that foreign modules use.
#pragma once
#include <expat.h>
#include "object/abi.h"

namespace adder::xml {

// For XML_SetUnknownEncodingHandler: any 8-bit encoding that Python has a codec for.
int unknown_encoding(void* data, const XML_Char* name, XML_Encoding* info);

}  // namespace adder::xml
