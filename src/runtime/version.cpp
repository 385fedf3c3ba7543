// `adder -V`, and with a second V the places and libraries that this installation relies on.
#include <dlfcn.h>

#include <cstdio>

#include "array/core/lazy_library.h"
#include "object/abi.h"
#include "runtime/config.h"
#include "runtime/usage.h"

namespace adder {

std::string version_text() { return PY_VERSION " (Adder " ADDER_VERSION ") [Clang " __clang_version__ "]"; }

int print_version(int asked, const Config& config) {
  if (asked < 2) {
    printf("Python %s\n", PY_VERSION);
    return 0;
  }
  printf("Python %s\n", version_text().c_str());
  Config c = config;
  if (!complete_config(&c, config.orig_argv[0].c_str())) return 1;
  printf("executable          %s\n", c.executable.c_str());
  printf("own library         %s\n", c.library.empty() ? "missing" : c.library.c_str());
  printf("standard library    %s, compiled: %s\n", c.stdlib.c_str(), c.stdlib_cache.empty() ? "no" : c.stdlib_cache.c_str());
  std::string missing;
  for (const OptionalLibrary& library : kOptionalLibraries) {
    void* handle = dlopen(library.file, RTLD_LAZY | RTLD_LOCAL);
    printf("%-20s%s %s\n", library.file, handle ? "found:" : "MISSING:", library.serves);
    if (!handle) missing += std::string(" ") + library.package;
  }
  if (!missing.empty()) printf("install what is missing: apt-get install%s\n", missing.c_str());
  return 0;
}

}  // namespace adder
