// Functions of shared libraries that few programs call. The library is opened at the first call of one of its functions, so that
// a program that needs none of it pays neither for its mapping nor for its relocations when it starts.
#pragma once
#include <atomic>
#include <cstddef>
#include <type_traits>

namespace adder {

// A literal as a template argument.
template <std::size_t n>
struct Literal {
  char text[n];
  constexpr Literal(const char (&s)[n]) {
    for (std::size_t i = 0; i < n; ++i) text[i] = s[i];
  }
};

// Its address in the library, which stays open. A process whose library is missing ends here, as it would have when it started, and says
// which package has it.
void* library_symbol(const char* library, const char* symbol);

// The libraries that are opened when first needed.
struct OptionalLibrary {
  const char* file;
  const char* package;  // of Debian 12
  const char* serves;
};
inline constexpr OptionalLibrary kOptionalLibraries[] = {
    {"libtbb.so.12", "libtbb12", "threads of array operations"},
    {"libsleef.so.3", "libsleef3", "elementary functions of arrays"},
    {"libopenblas.so.0", "libopenblas0", "matrix products, numpy.linalg"},
    {"libhwy_contrib.so.1", "libhwy1", "sorting of arrays by vector instructions"},
    {"libcrypto.so.3", "libssl3", "hashlib"},
    {"libedit.so.2", "libedit2", "line editing at the prompt"},
};

// A function of an opened library that may lack it: null then.
void* symbol_in(void* handle, const char* symbol);
template <class F>
void find_function(void* handle, const char* symbol, F*& slot) {
  slot = reinterpret_cast<F*>(symbol_in(handle, symbol));
}

// `constexpr LazyFunction<"libz.so.1", "crc32", decltype(::crc32)> crc32;` is called as the function itself.
template <Literal library, Literal symbol, class F>
class LazyFunction;

template <Literal library, Literal symbol, class R, class... A, bool kNoexcept>
class LazyFunction<library, symbol, R(A...) noexcept(kNoexcept)> {
 public:
  R operator()(A... arguments) const { return target.load(std::memory_order_relaxed)(arguments...); }

 private:
  static R first(A... arguments) {
    auto* found = reinterpret_cast<R (*)(A...)>(library_symbol(library.text, symbol.text));
    target.store(found, std::memory_order_relaxed);
    return found(arguments...);
  }
  static inline std::atomic<R (*)(A...)> target = &first;
};

}  // namespace adder
