// The compiled standard library: which bytecode this binary understands, and where compiled files of the library lie.
#pragma once
#include <string>

#include "value/ref.h"

namespace adder {

bool read_file(const std::string& path, std::string* out);  // OSError

// The code of a frozen file of the library ("importlib/_bootstrap.py", "<frozen importlib._bootstrap>") from the library's cache; empty
// without an exception if it is not there or not current.
Ref cached_library_code(const std::string& file, Value code_name);

// Gives importlib our magic number, and the library's files their place in the library's cache.
bool install_library_cache(Value importlib_external);

// With what a pack of the library's code that this binary reads begins.
Ref pack_head();

// _imp._cache_from_source: importlib's cache_from_source, which knows the library's cache.
Ref cache_from_source(Value path, Value debug_override, Value optimization);

// _imp._get_library_code: SourceFileLoader.get_code, which takes current files of the library's cache at once. They were written when Adder
// was built and are not verified.
Ref library_loader_code(Value loader, Value name);

}  // namespace adder
