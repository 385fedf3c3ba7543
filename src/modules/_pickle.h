// What the files of the module _pickle share: its state, the Pickler and Unpickler objects, opcodes.
#pragma once
#include "object/builtin.h"
#include "object/containers.h"
#include "object/error.h"
#include "object/object.h"
#include "object/type.h"

namespace adder::pickle {

enum Opcode : uint8_t {
  kMark = '(', kStop = '.', kPop = '0', kPopMark = '1', kDup = '2', kFloat = 'F', kInt = 'I', kBinInt = 'J', kBinInt1 = 'K', kLong = 'L',
  kBinInt2 = 'M', kNone = 'N', kPersId = 'P', kBinPersId = 'Q', kReduce = 'R', kString = 'S', kBinString = 'T', kShortBinString = 'U',
  kUnicode = 'V', kBinUnicode = 'X', kAppend = 'a', kBuild = 'b', kGlobal = 'c', kDict = 'd', kEmptyDict = '}', kAppends = 'e', kGet = 'g',
  kBinGet = 'h', kInst = 'i', kLongBinGet = 'j', kList = 'l', kEmptyList = ']', kObj = 'o', kPut = 'p', kBinPut = 'q', kLongBinPut = 'r',
  kSetItem = 's', kTuple = 't', kEmptyTuple = ')', kSetItems = 'u', kBinFloat = 'G',
  kProto = 0x80, kNewObj, kExt1, kExt2, kExt4, kTuple1, kTuple2, kTuple3, kNewTrue, kNewFalse, kLong1, kLong4,
  kBinBytes = 'B', kShortBinBytes = 'C',
  kShortBinUnicode = 0x8C, kBinUnicode8, kBinBytes8, kEmptySet, kAddItems, kFrozenSet, kNewObjEx, kStackGlobal, kMemoize, kFrame,
  kByteArray8, kNextBuffer, kReadOnlyBuffer
};

inline constexpr int kHighestProtocol = 5, kDefaultProtocol = 4;
inline constexpr Py_ssize_t kBatchSize = 1000, kFrameMinimum = 4, kFrameTarget = 64 * 1024, kFrameHeader = 9, kPrefetch = 128 * 1024;

// What other modules provide, fetched when this one is made.
struct State {
  Ref error, pickling_error, unpickling_error;                                    // classes
  Ref dispatch_table, extension_registry, inverted_registry, extension_cache;     // of copyreg
  Ref name_mapping_2to3, import_mapping_2to3, name_mapping_3to2, import_mapping_3to2;  // of _compat_pickle
  Ref codecs_encode, getattr, partial;
};
extern State* state;

// The objects met so far: open addressing by address, each entry counted. An instance's attributes count as an object
// of their own, under the instance's address with the low bit set.
struct Memo {
  size_t mask, used, allocated;
  struct Entry {
    uintptr_t key;
    Py_ssize_t index;
  };
  Entry* table;
};

struct Pickler {
  PyObject head;
  Memo* memo;
  PyObject* persistent_id;       // a function, with its self if it is a method of this pickler
  PyObject* persistent_id_self;  // borrowed: no cycle
  PyObject *dispatch_table, *reducer_override;
  PyObject *write, *buffer_callback;
  PyObject* fast_memo;           // dict: addresses of deeply nested containers in fast mode
  PyObject* output;              // bytes under way; null between dumps
  Py_ssize_t length, capacity;   // of what is written into it, of its room
  Py_ssize_t frame_start;        // position of the current frame, -1: none
  Py_ssize_t commit_at;          // the length from which the frame is full; without a frame out of reach
  int protocol, binary, framing, fast, fast_nesting, fix_imports;
};

struct Unpickler {
  PyObject head;
  Value* stack;
  Py_ssize_t stack_size, stack_capacity, fence;  // nothing below the fence may be popped
  Py_ssize_t* marks;
  Py_ssize_t mark_count, mark_capacity;
  Value* memo;
  size_t memo_size, memo_used;
  PyObject *persistent_load, *persistent_load_self;
  Py_buffer buffer;                             // the input at hand
  Py_ssize_t position, prefetched;              // in it; prefetched: up to where the file knows it as read
  PyObject *read, *readinto, *readline, *peek, *buffers;
  char *encoding, *errors;
  int protocol, fix_imports;

  const char* input() const { return static_cast<const char*>(buffer.buf); }
};
inline constexpr Py_ssize_t kNoCommit = PY_SSIZE_T_MAX;
static_assert(sizeof(Pickler) <= 152 && sizeof(Unpickler) == 272);

extern const TypeDef pickler_def, unpickler_def, pickler_memo_def, unpickler_memo_def;

// Pickler (_pickle_pickler.cpp)
bool pickler_init_state(Pickler* p);
bool pickler_set_protocol(Pickler* p, Value protocol, bool fix_imports);
bool pickler_set_output(Pickler* p, Value file);
bool pickler_set_buffer_callback(Pickler* p, Value callback);
Ref pickler_take_output(Pickler* p);  // the finished pickle, as bytes
bool pickler_flush(Pickler* p);       // writes what is finished to the file
Failure memory_full();
bool memo_put(Memo* m, uintptr_t key, Py_ssize_t index);
// Neighbours in memory lie near each other in the table; what collides is scattered.
inline Memo::Entry* memo_slot(Memo* m, uintptr_t key) {
  size_t i = key >> 4;
  for (size_t rest = i;; i = i * 5 + 1 + (rest >>= 5)) {
    Memo::Entry* e = &m->table[i & m->mask];
    if (e->key == key || !e->key) return e;
  }
}
// Saving (_pickle_save.cpp)
bool dump(Pickler* p, Value object);

// Unpickler (_pickle_unpickler.cpp)
Ref unpickler_new_plain(Value fix_imports, std::string_view encoding, std::string_view errors, Value buffers);  // an exact one, without a file
bool unpickler_set_file(Unpickler* u, Value file);
bool unpickler_set_input(Unpickler* u, Value bytes_like);
Py_ssize_t unpickler_read_slow(Unpickler* u, const char** data, Py_ssize_t n);  // the bytes at hand are fewer; -1 exception
Py_ssize_t unpickler_read_line(Unpickler* u, const char** line);                 // with its newline; -1 exception
bool unpickler_read_into(Unpickler* u, char* to, Py_ssize_t n);
bool unpickler_skip_consumed(Unpickler* u);
bool unpickler_memo_put(Unpickler* u, size_t index, Value v);
Ref find_class(Unpickler* u, Value module, Value name);
Failure truncated();
// Loading (_pickle_load.cpp)
Ref load(Unpickler* u);

// What both ways share (_pickle.cpp).
bool split_path(Value dotted, Value where_or_absent, Ref* parts);               // AttributeError for local objects
int walk_path(Value object, Value parts, Ref* found, Ref* parent);              // 0: an attribute is missing
Ref method_or_attribute(PyObject* function, PyObject* self);
bool bind_hook(Value object, PyObject* name, PyObject** function, PyObject** self);
Failure no_deletion();
// The `memo` of a Pickler or Unpickler, its owner.
struct MemoProxy {
  PyObject head;
  PyObject* owner;
};
Ref memo_proxy_new(PyTypeObject* type, Value owner);
Ref memo_proxy_reduce(Ref contents);  // as a dict; empty: an exception
void memo_proxy_dealloc(PyObject* o);
int memo_proxy_traverse(PyObject* o, visitproc visit, void* arg);

}  // namespace adder::pickle
