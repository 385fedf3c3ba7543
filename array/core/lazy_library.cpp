// Opening libraries at their first use.
#include "array/core/lazy_library.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace adder {

void* library_symbol(const char* library, const char* symbol) {
  // Opening what is open already gives the same handle again.
  void* handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
  void* found = handle ? dlsym(handle, symbol) : nullptr;
  if (!found) {
    fprintf(stderr, "adder: %s\n", dlerror());
    for (const OptionalLibrary& optional : kOptionalLibraries) {
      if (!std::strcmp(optional.file, library)) fprintf(stderr, "adder: needed for %s: apt-get install %s\n", optional.serves, optional.package);
    }
    abort();
  }
  return found;
}

void* symbol_in(void* handle, const char* symbol) { return dlsym(handle, symbol); }

}  // namespace adder
