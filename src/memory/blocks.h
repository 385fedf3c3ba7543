// Raw memory beyond what gc.h declares. object_realloc and object_free take these blocks too.
#pragma once
#include <cstddef>

namespace adder {

void* object_zeroed(size_t bytes);
// For C, which does not always hold the global lock where it should: any thread may call it.
void* foreign_malloc(size_t bytes);

}  // namespace adder
