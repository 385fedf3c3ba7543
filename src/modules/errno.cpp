// errno: the system's error numbers by name, and back.
#include <cerrno>
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"

namespace adder {
namespace {

struct Number { const char* name; int value; };
#define ADDER_E(name) {#name, name}
const Number numbers[] = {
    ADDER_E(E2BIG), ADDER_E(EACCES), ADDER_E(EADDRINUSE), ADDER_E(EADDRNOTAVAIL), ADDER_E(EADV), ADDER_E(EAFNOSUPPORT), ADDER_E(EAGAIN),
    ADDER_E(EALREADY), ADDER_E(EBADE), ADDER_E(EBADF), ADDER_E(EBADFD), ADDER_E(EBADMSG), ADDER_E(EBADR), ADDER_E(EBADRQC),
    ADDER_E(EBADSLT), ADDER_E(EBFONT), ADDER_E(EBUSY), ADDER_E(ECANCELED), ADDER_E(ECHILD), ADDER_E(ECHRNG), ADDER_E(ECOMM),
    ADDER_E(ECONNABORTED), ADDER_E(ECONNREFUSED), ADDER_E(ECONNRESET), ADDER_E(EDEADLK), ADDER_E(EDEADLOCK), ADDER_E(EDESTADDRREQ),
    ADDER_E(EDOM), ADDER_E(EDOTDOT), ADDER_E(EDQUOT), ADDER_E(EEXIST), ADDER_E(EFAULT), ADDER_E(EFBIG), ADDER_E(EHOSTDOWN),
    ADDER_E(EHOSTUNREACH), ADDER_E(EIDRM), ADDER_E(EILSEQ), ADDER_E(EINPROGRESS), ADDER_E(EINTR), ADDER_E(EINVAL), ADDER_E(EIO),
    ADDER_E(EISCONN), ADDER_E(EISDIR), ADDER_E(EISNAM), ADDER_E(EKEYEXPIRED), ADDER_E(EKEYREJECTED), ADDER_E(EKEYREVOKED), ADDER_E(EL2HLT),
    ADDER_E(EL2NSYNC), ADDER_E(EL3HLT), ADDER_E(EL3RST), ADDER_E(ELIBACC), ADDER_E(ELIBBAD), ADDER_E(ELIBEXEC), ADDER_E(ELIBMAX),
    ADDER_E(ELIBSCN), ADDER_E(ELNRNG), ADDER_E(ELOOP), ADDER_E(EMEDIUMTYPE), ADDER_E(EMFILE), ADDER_E(EMLINK), ADDER_E(EMSGSIZE),
    ADDER_E(EMULTIHOP), ADDER_E(ENAMETOOLONG), ADDER_E(ENAVAIL), ADDER_E(ENETDOWN), ADDER_E(ENETRESET), ADDER_E(ENETUNREACH),
    ADDER_E(ENFILE), ADDER_E(ENOANO), ADDER_E(ENOBUFS), ADDER_E(ENOCSI), ADDER_E(ENODATA), ADDER_E(ENODEV), ADDER_E(ENOENT),
    ADDER_E(ENOEXEC), ADDER_E(ENOKEY), ADDER_E(ENOLCK), ADDER_E(ENOLINK), ADDER_E(ENOMEDIUM), ADDER_E(ENOMEM), ADDER_E(ENOMSG),
    ADDER_E(ENONET), ADDER_E(ENOPKG), ADDER_E(ENOPROTOOPT), ADDER_E(ENOSPC), ADDER_E(ENOSR), ADDER_E(ENOSTR), ADDER_E(ENOSYS),
    ADDER_E(ENOTBLK), ADDER_E(ENOTCONN), ADDER_E(ENOTDIR), ADDER_E(ENOTEMPTY), ADDER_E(ENOTNAM), ADDER_E(ENOTRECOVERABLE),
    ADDER_E(ENOTSOCK), ADDER_E(ENOTSUP), ADDER_E(ENOTTY), ADDER_E(ENOTUNIQ), ADDER_E(ENXIO), ADDER_E(EOPNOTSUPP), ADDER_E(EOVERFLOW),
    ADDER_E(EOWNERDEAD), ADDER_E(EPERM), ADDER_E(EPFNOSUPPORT), ADDER_E(EPIPE), ADDER_E(EPROTO), ADDER_E(EPROTONOSUPPORT),
    ADDER_E(EPROTOTYPE), ADDER_E(ERANGE), ADDER_E(EREMCHG), ADDER_E(EREMOTE), ADDER_E(EREMOTEIO), ADDER_E(ERESTART), ADDER_E(ERFKILL),
    ADDER_E(EROFS), ADDER_E(ESHUTDOWN), ADDER_E(ESOCKTNOSUPPORT), ADDER_E(ESPIPE), ADDER_E(ESRCH), ADDER_E(ESRMNT), ADDER_E(ESTALE),
    ADDER_E(ESTRPIPE), ADDER_E(ETIME), ADDER_E(ETIMEDOUT), ADDER_E(ETOOMANYREFS), ADDER_E(ETXTBSY), ADDER_E(EUCLEAN), ADDER_E(EUNATCH),
    ADDER_E(EUSERS), ADDER_E(EWOULDBLOCK), ADDER_E(EXDEV), ADDER_E(EXFULL),
};

bool exec(PyObject* module) {
  Ref codes = dict_new();
  if (!codes || !module_add(module, "errorcode", Ref::copy(codes))) return false;
  for (const Number& n : numbers) {
    Ref name = intern(n.name);
    Value first;
    // Where two names share a number (EAGAIN, EWOULDBLOCK) the first one stands in errorcode.
    if (!name || !module_add_int(module, n.name, n.value) || dict_set_default(codes, Value::from_int(n.value), name, &first) < 0) return false;
  }
  return true;
}

}  // namespace

extern const ModuleDef errno_module;
const ModuleDef errno_module{
    .name = "errno",
    .doc = "This module makes available standard errno system symbols.\n\nThe value of each symbol is the corresponding integer value,\ne.g., on most systems, errno.ENOENT equals the integer 2.",
    .exec = exec,
};

}  // namespace adder
