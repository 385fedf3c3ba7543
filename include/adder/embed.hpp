// Python inside a C++ program: one object is one interpreter.
//
//   adder::embed::Interpreter python;
//   python.run("def area(r): return 3.14159 * r * r");
//   double a = python.get("area")(2.0).as_double().value_or(0);
//
// Nothing here throws. What fails gives an empty Object or std::nullopt, and Interpreter::error() holds the traceback as text. Objects belong to
// their interpreter: they must be gone before it is. All calls are made on the thread that made the interpreter. One interpreter exists at a
// time in a process; it may be made and ended any number of times. Link with libadder (CMake: find_package(adder), adder::libadder).
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace adder::embed {

namespace detail {
// The words of Adder's values, owned; 0 is none. Defined in libadder.
uint64_t from_int(int64_t v);
uint64_t from_double(double v);
uint64_t from_bool(bool v);
uint64_t from_text(std::string_view utf8);
uint64_t copy(uint64_t word);
void release(uint64_t word);
uint64_t attribute(uint64_t object, std::string_view name);
bool set_attribute(uint64_t object, std::string_view name, uint64_t value);
uint64_t call(uint64_t callable, const uint64_t* arguments, size_t count);
uint64_t item(uint64_t container, uint64_t key);
bool to_int(uint64_t word, int64_t* out);
bool to_double(uint64_t word, double* out);
bool to_text(uint64_t word, std::string* out);
bool to_display(uint64_t word, std::string* out);
int truth(uint64_t word);
int64_t length(uint64_t word);
}  // namespace detail

// A Python object, counted; empty after a failure.
class Object {
 public:
  Object() = default;
  Object(int v) : word_(detail::from_int(v)) {}
  Object(int64_t v) : word_(detail::from_int(v)) {}
  Object(double v) : word_(detail::from_double(v)) {}
  Object(bool v) : word_(detail::from_bool(v)) {}
  Object(const char* utf8) : word_(detail::from_text(utf8)) {}
  Object(std::string_view utf8) : word_(detail::from_text(utf8)) {}
  Object(const std::string& utf8) : word_(detail::from_text(utf8)) {}
  Object(const Object& other) : word_(detail::copy(other.word_)) {}
  Object(Object&& other) noexcept : word_(std::exchange(other.word_, 0)) {}
  Object& operator=(Object other) noexcept {
    std::swap(word_, other.word_);
    return *this;
  }
  ~Object() { detail::release(word_); }

  explicit operator bool() const { return word_ != 0; }  // present; not Python's truth
  // Calls it with the arguments; empty if it raised.
  template <class... Arguments>
  Object operator()(Arguments&&... arguments) const {
    const Object objects[] = {Object(std::forward<Arguments>(arguments))..., Object(0)};
    uint64_t words[sizeof...(Arguments) + 1];
    for (size_t i = 0; i < sizeof...(Arguments); i++) words[i] = objects[i].word_;
    return adopt(detail::call(word_, words, sizeof...(Arguments)));
  }
  Object attribute(std::string_view name) const { return adopt(detail::attribute(word_, name)); }
  bool set_attribute(std::string_view name, const Object& value) const { return detail::set_attribute(word_, name, value.word_); }
  Object operator[](const Object& key) const { return adopt(detail::item(word_, key.word_)); }
  // Numbers and text as C++ values; nullopt if it is none or does not fit (the error is set then).
  std::optional<int64_t> as_int() const { int64_t v; return detail::to_int(word_, &v) ? std::optional(v) : std::nullopt; }
  std::optional<double> as_double() const { double v; return detail::to_double(word_, &v) ? std::optional(v) : std::nullopt; }
  std::optional<std::string> as_text() const { std::string v; return detail::to_text(word_, &v) ? std::optional(std::move(v)) : std::nullopt; }
  std::optional<bool> as_bool() const { int t = detail::truth(word_); return t < 0 ? std::nullopt : std::optional(t > 0); }
  std::optional<int64_t> size() const { int64_t n = detail::length(word_); return n < 0 ? std::nullopt : std::optional(n); }
  std::optional<std::string> repr() const { std::string v; return detail::to_display(word_, &v) ? std::optional(std::move(v)) : std::nullopt; }

  static Object adopt(uint64_t word) { Object o; o.word_ = word; return o; }  // takes over a reference

 private:
  uint64_t word_ = 0;
};

struct Options {
  std::vector<std::string> arguments;          // sys.argv
  std::vector<std::string> search_paths;       // before the standard library in sys.path
  bool site = true;                            // import site: the distribution's packages
  bool environment = false;                    // heed PYTHON* variables
  bool signals = false;                        // Python's handlers for SIGINT
};

class Interpreter {
 public:
  explicit Interpreter(const Options& options = {});
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  bool running() const { return running_; }    // false: it could not start; the reason is on stderr
  // Runs statements in __main__; false if they raised.
  bool run(std::string_view source, std::string_view name = "<embedded>");
  Object evaluate(std::string_view expression);
  Object import(std::string_view module);
  // A name of __main__.
  Object get(std::string_view name);
  bool set(std::string_view name, const Object& value);
  // The traceback of the last failure as text, taken out; empty if there was none.
  std::string error();

 private:
  bool running_ = false;
};

}  // namespace adder::embed
