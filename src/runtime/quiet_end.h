// The end of the process, where objects may stay as they are if nobody can tell.
#pragma once
#include <string_view>

namespace adder {

// stop_interpreter for a process that ends with it.
int stop_for_good();
// Whether something alive would do more, when it goes, than give memory back.
bool teardown_matters();
// An extension module is being loaded.
void note_extension(std::string_view file);

}  // namespace adder
