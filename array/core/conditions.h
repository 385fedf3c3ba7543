// The floating-point conditions an operation may report, as a bit set, and how the hardware's are read.
// NumPy's names: divide by zero, overflow, underflow, invalid value.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace adder::array {

using Conditions = std::uint32_t;

inline constexpr Conditions kNoCondition = 0;
inline constexpr Conditions kDivide = 1;
inline constexpr Conditions kOverflow = 2;
inline constexpr Conditions kUnderflow = 4;
inline constexpr Conditions kInvalid = 8;
// The operation cannot go on (a negative integer power); what it wrote so far is of no use.
inline constexpr Conditions kFailed = 16;

// Reads what the hardware raised between construction and `take`. Used by the rows of ops.def whose
// conditions are the hardware's own.
class HardwareConditions {
 public:
#if defined(__x86_64__)
  HardwareConditions() {
    unsigned csr;
    asm volatile("stmxcsr %0" : "=m"(csr)::"memory");
    if (csr & kMask) write(csr & ~kMask);
  }

  Conditions take() {
    unsigned csr;
    asm volatile("stmxcsr %0" : "=m"(csr)::"memory");
    if (!(csr & kMask)) [[likely]] return 0;
    write(csr & ~kMask);
    return ((csr & 0x04) ? kDivide : 0) | ((csr & 0x08) ? kOverflow : 0) | ((csr & 0x10) ? kUnderflow : 0) |
           ((csr & 0x01) ? kInvalid : 0);
  }

 private:
  static constexpr unsigned kMask = 0x01 | 0x04 | 0x08 | 0x10;
  static void write(unsigned csr) { asm volatile("ldmxcsr %0" ::"m"(csr) : "memory"); }
#else
#error "HardwareConditions has no port to this machine yet"
#endif
};

// Handed to a kernel as its extra data: the caller reads the hardware's conditions itself, around many short calls.
inline constexpr char kUnguardedMark = 0;
inline constexpr const void* kUnguarded = &kUnguardedMark;

// Rounding and denormal modes of the calling thread, handed to worker threads.
inline unsigned floating_modes() {
  unsigned csr;
  asm volatile("stmxcsr %0" : "=m"(csr)::"memory");
  return csr & 0xFFC0u;
}

inline void set_floating_modes(unsigned modes) {
  unsigned csr;
  asm volatile("stmxcsr %0" : "=m"(csr)::"memory");
  if ((csr & 0xFFC0u) == modes) return;
  csr = (csr & 0x3Fu) | modes;
  asm volatile("ldmxcsr %0" ::"m"(csr) : "memory");
}

}  // namespace adder::array
