// property, classmethod and staticmethod as they lie in memory, for the VM's caches.
#pragma once
#include "object/abi.h"

namespace adder {

struct Property {
  PyObject head;
  PyObject *get, *set, *del, *doc, *name;
  int getter_doc;
};
// classmethod and staticmethod
struct Wrapped {
  PyObject head;
  PyObject* callable;  // null until __init__
  PyObject* dict;
};

}  // namespace adder
