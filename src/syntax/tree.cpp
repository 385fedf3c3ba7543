// Names of the nodes, for the ast module and for error texts.
#include "syntax/tree.h"

namespace adder::syntax {

const char* node_name(NodeKind kind) {
  static const char* const names[] = {
#define ADDER_NODE(Sum, Type, name, fields) name,
#define ADDER_PRODUCT(Type, name, attributes, fields) name,
#include "syntax/nodes.def"
  };
  return names[static_cast<size_t>(kind)];
}

}  // namespace adder::syntax
