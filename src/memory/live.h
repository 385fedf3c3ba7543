// Which blocks are live and which of them are objects. Only builds with ADDER_COUNT_REFS keep the account (the debug preset): it is
// what sys.gettotalrefcount() and leak runs read. Elsewhere the calls vanish.
#pragma once
#include "object/abi.h"
#include "value/value.h"

namespace adder {

#ifdef ADDER_COUNT_REFS
void live_block(const void* p);   // a block was handed out; null: nothing
void live_object(PyObject* o);    // the block at o, or behind its GC head, is an object from now on
void live_moved(const void* from, const void* to);  // realloc's; from may be null
void live_gone(const void* p);    // the block goes back
Py_ssize_t live_blocks();
bool live_append(Value list);     // every live object but the list to it; false with MemoryError
Py_ssize_t live_references();     // sum of the reference counts of live objects; static types and immortal objects are left out
#else
inline void live_block(const void*) {}
inline void live_object(PyObject*) {}
inline void live_gone(const void*) {}
#endif

}  // namespace adder
