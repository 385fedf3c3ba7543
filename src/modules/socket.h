// Shared by the files of _socket: the socket object, addresses as Python and the kernel write them, errors of name look-up.
#pragma once
#include <cstdint>
#include <string>
#include <sys/socket.h>
#include "object/builtin.h"
#include "object/object.h"

namespace adder {

// CPython's PySocketSockObject, which _ssl reads.
struct Socket {
  PyObject head;
  int fd;                       // -1: closed
  int family, type, proto;
  PyObject* (*error_handler)();
  int64_t timeout;              // nanoseconds; 0: non-blocking, negative: blocking without limit
};
static_assert(sizeof(Socket) == 48);
inline Socket* socket_of(Value v) { return v.as<Socket>(); }
extern PyTypeObject socket_type;
extern const TypeDef socket_def;
extern PyObject *gai_error, *host_error;  // socket.gaierror, socket.herror
extern int64_t default_socket_timeout;

// seconds or None (v absent or None: -1), rounded up to nanoseconds.
bool socket_timeout_arg(Value v, int64_t* out);
Ref socket_timeout_value(int64_t timeout);

Failure raise_gai_error(int code);    // after getaddrinfo or getnameinfo; errno for EAI_SYSTEM
Failure raise_host_error(int code);

// --- Addresses (_socket_address.cpp) ------------------------------------------------------------------------------------------------
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};
// A Python address of the socket's family; `caller` names the method in errors.
bool address_arg(const Socket* s, Value v, Address* out, const char* caller);
// The address that the kernel gave; None if its size is 0. proto: the socket's, for AF_CAN.
Ref address_value(const Address& a, int proto);
// Prepares for the kernel to fill in: false with OSError for an unknown family.
bool address_prepare(const Socket* s, Address* out);
Ref ip_text(const sockaddr* a);       // the host part of an IPv4 or IPv6 address as text
// A host name or number resolved into storage of a family (AF_UNSPEC: any): the bytes of the raw address, -1 with an exception.
int resolve_host(const char* name, sockaddr* out, size_t room, int family);
// A host argument: str (IDNA where it is not ASCII), bytes or bytearray. false: TypeError.
bool host_arg(Value v, std::string* out, const char* caller = nullptr);

extern const MethodRow socket_functions[];   // _socket_functions.cpp
bool socket_add_constants(PyObject* module); // _socket_constants.cpp

}  // namespace adder
