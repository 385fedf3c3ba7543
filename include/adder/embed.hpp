// Python inside a C++ program: one object is one interpreter.
//
//   adder::embed::Interpreter python;
//   python.run("def area(r): return 3.14159 * r * r");
//   double a = python.get("area")(2.0).as<double>().value_or(0);
//
// Nothing here throws. What fails gives an empty Object, std::nullopt or false, and take_error() tells why. Any number of interpreters may
// exist at a time and be made and ended again and again; each may be used from any thread, by one at a time, and objects belong to their interpreter:
// they must be gone before it is. Link with libadder (CMake: find_package(adder), adder::libadder).
#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>
#if defined(__cpp_exceptions)
#include <exception>
#endif

namespace adder::embed {

class Object;
class Interpreter;

// What an interpreter may use in all, from the moment this is set on; 0: as much as it likes. A program that exceeds one ends at once: its handlers,
// `finally` and finalizers do not run any more. Interpreters with limits start no threads.
struct Limits {
  uint64_t instructions = 0;
  double seconds = 0;                          // while it runs; not between calls
  size_t memory = 0;                           // bytes, beyond what the interpreter has taken for itself
};
enum class Limit : uint8_t { none, instructions, time, memory };

// What it may reach. An interpreter that is to do without one of these refuses to start: they cannot be taken away yet.
struct Permissions {
  bool files = true, network = true, process = true;
};

struct Error {
  std::string type, message;                   // "ValueError", its text
  std::string traceback;                       // as Python prints it
  Limit limit = Limit::none;                   // which one was exceeded
};

namespace detail {
struct Room;                                   // an interpreter
struct Word {                                  // an owned reference and whose it is, if known; 0: none
  uint64_t bits = 0;
  Room* room = nullptr;
};
using Native = std::function<Object(const Object* arguments, size_t count)>;

Word from_int(int64_t v);
Word from_unsigned(uint64_t v);
Word from_double(double v);
Word from_bool(bool v);
Word from_text(std::string_view utf8);
Word from_bytes(const void* data, size_t size);
Word from_none();
Word from_list(const Object* items, size_t count);
Word from_tuple(const Object* items, size_t count);
Word from_pairs(const Object* keys_and_values, size_t count);
Word copy(Word w);
void release(Word w);
Word attribute(Word object, std::string_view name);
bool set_attribute(Word object, std::string_view name, Word value);
Word call(Word callable, const Object* arguments, size_t count, const std::string_view* names, size_t named);
Word item(Word container, Word key);
bool set_item(Word container, Word key, Word value);
bool to_int(Word w, int64_t* out);
bool to_unsigned(Word w, uint64_t* out);
bool to_double(Word w, double* out);
bool to_text(Word w, std::string* out);
bool to_bytes(Word w, std::string* out);
bool to_items(Word w, std::vector<Object>* out);     // of any iterable
bool to_pairs(Word w, std::vector<Object>* out);     // of a mapping: key, value, key, …
bool to_display(Word w, std::string* out);
bool is_none(Word w);
int truth(Word w);
int64_t length(Word w);
bool fail(Room* room, const char* type, std::string_view message);  // null: where the thread is
bool failed();                                       // an error is set that nobody took
Word make_function(Room* room, std::string_view name, Native function);
Word make_class(Room* room, std::string_view name, const void* tag);
bool add_property(Word type, std::string_view name, Native get, Native set);
bool hold(Word instance, const void* tag, void* object, void (*destroy)(void*));
Word make_instance(const void* tag, void* object, void (*destroy)(void*));
void* held(Word instance, const void* tag);
Word make_array(Room* room, void* data, const char* dtype, const int64_t* shape, const int64_t* strides, size_t nd, bool writable);
struct Memory { void* data; std::vector<int64_t> shape, strides; };
Word view_array(Word array, char kind, size_t item_size, bool writable, Memory* out);  // what keeps it alive
template <class T>
inline constexpr char tag_of = 0;                    // its address stands for a C++ class
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;
template <class T>
concept Element = (std::integral<T> || std::floating_point<T>) && sizeof(T) <= 8;
template <Element T>
constexpr char kind_of() { return std::same_as<T, bool> ? 'b' : std::floating_point<T> ? 'f' : std::signed_integral<T> ? 'i' : 'u'; }
}  // namespace detail

// How a C++ type becomes an Object (`give`) and is got out of one (`take`; nullopt: an error is set). Specialise it for types of your own.
template <class T>
struct Convert;

// A Python object, counted; empty after a failure.
class Object {
 public:
  Object() = default;
  template <class T>
    requires requires(const T& v) { Convert<T>::give(v); }
  Object(const T& v) : Object(Convert<T>::give(v)) {}
  Object(const char* utf8) : word_(detail::from_text(utf8)) {}
  Object(std::nullptr_t) : word_(detail::from_none()) {}
  Object(const Object& other) : word_(detail::copy(other.word_)) {}
  Object(Object&& other) noexcept : word_(std::exchange(other.word_, {})) {}
  Object& operator=(Object other) noexcept {
    std::swap(word_, other.word_);
    return *this;
  }
  ~Object() { if (word_.bits) detail::release(word_); }

  explicit operator bool() const { return word_.bits != 0; }  // present; not Python's truth
  bool is_none() const { return detail::is_none(word_); }
  // Calls it; empty if it raised.
  template <class... Arguments>
  Object operator()(Arguments&&... arguments) const {
    const Object objects[] = {Object(std::forward<Arguments>(arguments))..., Object()};
    return adopt(detail::call(word_, objects, sizeof...(Arguments), nullptr, 0));
  }
  // The same with arguments by name: f.call({1, 2}, {{"key", 3}}).
  Object call(std::initializer_list<Object> arguments, std::initializer_list<std::pair<std::string_view, Object>> named = {}) const {
    std::vector<Object> all(arguments);
    std::vector<std::string_view> names;
    for (const auto& [name, value] : named) {
      names.push_back(name);
      all.push_back(value);
    }
    return adopt(detail::call(word_, all.data(), arguments.size(), names.data(), names.size()));
  }
  template <class... Arguments>
  Object call_method(std::string_view name, Arguments&&... arguments) const {
    Object method = attribute(name);
    return method ? method(std::forward<Arguments>(arguments)...) : Object();
  }
  Object attribute(std::string_view name) const { return adopt(detail::attribute(word_, name)); }
  bool set_attribute(std::string_view name, const Object& value) const { return detail::set_attribute(word_, name, value.word_); }
  Object operator[](const Object& key) const { return adopt(detail::item(word_, key.word_)); }
  bool set_item(const Object& key, const Object& value) const { return detail::set_item(word_, key.word_, value.word_); }
  std::optional<int64_t> size() const { int64_t n = detail::length(word_); return n < 0 ? std::nullopt : std::optional(n); }
  std::optional<std::string> repr() const { std::string v; return detail::to_display(word_, &v) ? std::optional(std::move(v)) : std::nullopt; }
  std::optional<bool> truth() const { int t = detail::truth(word_); return t < 0 ? std::nullopt : std::optional(t > 0); }

  // As a C++ value: numbers, text, vectors, maps, tuples, optionals of these; nullopt if it is none such or does not fit (an error is set then).
  template <class T>
  std::optional<T> as() const { return Convert<T>::take(*this); }
  std::optional<int64_t> as_int() const { return as<int64_t>(); }
  std::optional<double> as_double() const { return as<double>(); }
  std::optional<std::string> as_text() const { return as<std::string>(); }
  std::optional<bool> as_bool() const { return truth(); }
  // The C++ object in an instance of a class that Interpreter::add_class made; null: another's, an error is set.
  template <class T>
  T* held() const { return static_cast<T*>(detail::held(word_, &detail::tag_of<T>)); }

  static Object adopt(detail::Word w) { Object o; o.word_ = w; return o; }  // takes over a reference
  detail::Word word() const { return word_; }

 private:
  detail::Word word_;
};

// Elements of an array or another object with a buffer, where they lie. Strides are in bytes.
template <class T>
struct Array {
  T* data;
  std::vector<int64_t> shape, strides;
  Object owner;                                // keeps the memory alive

  template <std::integral... Index>
  T& operator()(Index... index) const {
    auto* at = reinterpret_cast<char*>(const_cast<std::remove_const_t<T>*>(data));
    size_t axis = 0;
    ((at += static_cast<int64_t>(index) * strides[axis++]), ...);
    return *reinterpret_cast<T*>(at);
  }
};

// --- Conversions ---------------------------------------------------------------------------------------------------------------------
template <>
struct Convert<Object> { static std::optional<Object> take(const Object& o) { return o; } };
template <>
struct Convert<bool> {
  static Object give(bool v) { return Object::adopt(detail::from_bool(v)); }
  static std::optional<bool> take(const Object& o) { return o.truth(); }
};
template <detail::Integer T>
struct Convert<T> {
  static Object give(T v) {
    if constexpr (std::signed_integral<T>) return Object::adopt(detail::from_int(v));
    else return Object::adopt(detail::from_unsigned(v));
  }
  static std::optional<T> take(const Object& o) {
    std::conditional_t<std::signed_integral<T>, int64_t, uint64_t> v;
    bool fits;
    if constexpr (std::signed_integral<T>) fits = detail::to_int(o.word(), &v);
    else fits = detail::to_unsigned(o.word(), &v);
    if (!fits) return std::nullopt;
    if (!std::in_range<T>(v)) {
      detail::fail(o.word().room, "OverflowError", "the number does not fit the C++ type");
      return std::nullopt;
    }
    return static_cast<T>(v);
  }
};
template <std::floating_point T>
struct Convert<T> {
  static Object give(T v) { return Object::adopt(detail::from_double(static_cast<double>(v))); }
  static std::optional<T> take(const Object& o) { double v; return detail::to_double(o.word(), &v) ? std::optional(static_cast<T>(v)) : std::nullopt; }
};
template <>
struct Convert<std::string> {
  static Object give(const std::string& v) { return Object::adopt(detail::from_text(v)); }
  static std::optional<std::string> take(const Object& o) { std::string v; return detail::to_text(o.word(), &v) ? std::optional(std::move(v)) : std::nullopt; }
};
template <>
struct Convert<std::string_view> { static Object give(std::string_view v) { return Object::adopt(detail::from_text(v)); } };
// bytes
template <>
struct Convert<std::vector<std::byte>> {
  static Object give(const std::vector<std::byte>& v) { return Object::adopt(detail::from_bytes(v.data(), v.size())); }
  static std::optional<std::vector<std::byte>> take(const Object& o) {
    std::string v;
    if (!detail::to_bytes(o.word(), &v)) return std::nullopt;
    auto* begin = reinterpret_cast<const std::byte*>(v.data());
    return std::vector<std::byte>(begin, begin + v.size());
  }
};
// None or a value
template <class T>
struct Convert<std::optional<T>> {
  static Object give(const std::optional<T>& v) { return v ? Object(*v) : Object(nullptr); }
  static std::optional<std::optional<T>> take(const Object& o) {
    if (o.is_none()) return std::optional<T>();
    auto v = o.as<T>();
    return v ? std::optional(std::optional<T>(std::move(*v))) : std::nullopt;
  }
};
// A list; any iterable
template <class T>
struct Convert<std::vector<T>> {
  static Object give(const std::vector<T>& v) {
    std::vector<Object> items;
    items.reserve(v.size());
    for (const auto& item : v) items.push_back(Object(static_cast<const T&>(item)));
    return Object::adopt(detail::from_list(items.data(), items.size()));
  }
  static std::optional<std::vector<T>> take(const Object& o) {
    std::vector<Object> items;
    if (!detail::to_items(o.word(), &items)) return std::nullopt;
    std::vector<T> all;
    all.reserve(items.size());
    for (const Object& item : items) {
      auto v = item.as<T>();
      if (!v) return std::nullopt;
      all.push_back(std::move(*v));
    }
    return all;
  }
};
// A dict; any mapping
template <class K, class V>
struct Convert<std::map<K, V>> {
  static Object give(const std::map<K, V>& m) {
    std::vector<Object> all;
    for (const auto& [key, value] : m) {
      all.push_back(Object(key));
      all.push_back(Object(value));
    }
    return Object::adopt(detail::from_pairs(all.data(), m.size()));
  }
  static std::optional<std::map<K, V>> take(const Object& o) {
    std::vector<Object> all;
    if (!detail::to_pairs(o.word(), &all)) return std::nullopt;
    std::map<K, V> m;
    for (size_t i = 0; i < all.size(); i += 2) {
      auto key = all[i].as<K>();
      auto value = key ? all[i + 1].as<V>() : std::nullopt;
      if (!value) return std::nullopt;
      m.insert_or_assign(std::move(*key), std::move(*value));
    }
    return m;
  }
};
// A tuple; any iterable of that length
template <class... T>
struct Convert<std::tuple<T...>> {
  static Object give(const std::tuple<T...>& t) {
    return std::apply([](const T&... v) {
      const Object items[] = {Object(v)..., Object()};
      return Object::adopt(detail::from_tuple(items, sizeof...(T)));
    }, t);
  }
  static std::optional<std::tuple<T...>> take(const Object& o) {
    std::vector<Object> items;
    if (!detail::to_items(o.word(), &items)) return std::nullopt;
    if (items.size() != sizeof...(T)) {
      detail::fail(o.word().room, "ValueError", "expected " + std::to_string(sizeof...(T)) + " items, got " + std::to_string(items.size()));
      return std::nullopt;
    }
    return [&]<size_t... I>(std::index_sequence<I...>) -> std::optional<std::tuple<T...>> {
      std::tuple<std::optional<T>...> parts;
      bool whole = ((std::get<I>(parts) = items[I].as<T>()).has_value() && ...);
      return whole ? std::optional(std::tuple<T...>(std::move(*std::get<I>(parts))...)) : std::nullopt;
    }(std::index_sequence_for<T...>());
  }
};
template <detail::Element T>
struct Convert<Array<T>> {
  static std::optional<Array<T>> take(const Object& o) {
    detail::Memory memory;
    using Plain = std::remove_const_t<T>;
    Object owner = Object::adopt(detail::view_array(o.word(), detail::kind_of<Plain>(), sizeof(T), !std::is_const_v<T>, &memory));
    if (!owner) return std::nullopt;
    return Array<T>{static_cast<T*>(memory.data), std::move(memory.shape), std::move(memory.strides), std::move(owner)};
  }
};

// --- C++ functions and classes for scripts ---------------------------------------------------------------------------------------------
namespace detail {

// One argument on its way into a C++ function: a value that converts, or a reference to a held object.
template <class T>
struct Argument {
  using Plain = std::remove_cvref_t<T>;
  static constexpr bool kHeld = !requires(const Object& o) { Convert<Plain>::take(o); } && !std::is_pointer_v<Plain>;
  using Kept = std::conditional_t<kHeld, Plain*, std::optional<Plain>>;
  Kept kept{};
  bool take(const Object& o) {
    if constexpr (kHeld) kept = o.held<Plain>();
    else kept = Convert<Plain>::take(o);
    return static_cast<bool>(kept);
  }
  T pass() { return static_cast<T>(*kept); }
};
template <class T>
Object give_back(T&& v) {
  using Plain = std::remove_cvref_t<T>;
  if constexpr (std::same_as<Plain, Object> || requires { Convert<Plain>::give(v); }) {
    return Object(std::forward<T>(v));
  } else {
    return Object::adopt(make_instance(&tag_of<Plain>, new Plain(std::forward<T>(v)), [](void* o) { delete static_cast<Plain*>(o); }));
  }
}
template <class R, class... A>
Native adapt(std::string name, std::function<R(A...)> f) {
  return [name = std::move(name), f = std::move(f)](const Object* arguments, size_t count) -> Object {
    if (count != sizeof...(A)) {
      fail(nullptr, "TypeError", name + "() takes " + std::to_string(sizeof...(A)) + " arguments (" + std::to_string(count) + " given)");
      return {};
    }
    return [&]<size_t... I>(std::index_sequence<I...>) -> Object {
      std::tuple<Argument<A>...> taken;
      if (!(std::get<I>(taken).take(arguments[I]) && ...)) return {};
#if defined(__cpp_exceptions)
      try {
#endif
        if constexpr (std::is_void_v<R>) {
          f(std::get<I>(taken).pass()...);
          return failed() ? Object() : Object(nullptr);
        } else {
          return give_back(f(std::get<I>(taken).pass()...));
        }
#if defined(__cpp_exceptions)
      } catch (const std::exception& e) {
        fail(nullptr, "RuntimeError", e.what());
        return {};
      } catch (...) {
        fail(nullptr, "RuntimeError", "a C++ exception");
        return {};
      }
#endif
    }(std::index_sequence_for<A...>());
  };
}

}  // namespace detail

// To be returned from a C++ function that scripts call: raises one of Python's own exceptions there.
inline Object raise(const char* type, std::string_view message) {
  detail::fail(nullptr, type, message);
  return {};
}

// A C++ class as scripts see it. Its instances hold a C++ object, which ends with them.
template <class T>
class Class {
 public:
  explicit Class(detail::Room* room, Object type) : room_(room), type_(std::move(type)) {}
  explicit operator bool() const { return static_cast<bool>(type_); }
  const Object& type() const { return type_; }

  template <class... A>
  Class& constructor() {
    // The instance comes first; it is made by then and gets its C++ object here.
    std::function<Object(Object, A...)> init = [](Object self, A... arguments) {
      bool done = detail::hold(self.word(), &detail::tag_of<T>, new T(std::forward<A>(arguments)...), [](void* o) { delete static_cast<T*>(o); });
      return done ? Object(nullptr) : Object();
    };
    return put("__init__", std::move(init));
  }
  template <class R, class... A>
  Class& method(const char* name, R (T::*f)(A...)) { return put(name, std::function<R(T&, A...)>(std::mem_fn(f))); }
  template <class R, class... A>
  Class& method(const char* name, R (T::*f)(A...) const) { return put(name, std::function<R(T&, A...)>(std::mem_fn(f))); }
  // Any callable that takes the object first.
  template <class F>
  Class& method(const char* name, F f) { return put(name, std::function(std::move(f))); }
  template <class M>
  Class& field(const char* name, M T::*member) {
    if (!type_) return *this;
    detail::Native set;
    if constexpr (!std::is_const_v<M>) {
      set = detail::adapt(name, std::function<void(T&, M)>([member](T& self, M v) { self.*member = std::move(v); }));
    }
    detail::add_property(type_.word(), name, detail::adapt(name, std::function<M(T&)>([member](T& self) { return self.*member; })), std::move(set));
    return *this;
  }

 private:
  template <class R, class... A>
  Class& put(const char* name, std::function<R(A...)> f) {
    if (type_) type_.set_attribute(name, Object::adopt(detail::make_function(room_, name, detail::adapt(name, std::move(f)))));
    return *this;
  }
  detail::Room* room_;
  Object type_;
};

// --- Interpreters ------------------------------------------------------------------------------------------------------------------------
struct Options {
  std::vector<std::string> arguments;          // sys.argv
  std::vector<std::string> search_paths;       // before the standard library in sys.path
  bool site = true;                            // import site: the distribution's packages
  bool environment = false;                    // heed PYTHON* variables
  bool signals = false;                        // SIGINT raises KeyboardInterrupt in this one
  Limits limits{};
  Permissions permissions{};
  std::function<void(std::string_view)> output, errors;  // what goes to sys.stdout and sys.stderr; none: to the process's
  std::function<std::string()> input;          // the next line of sys.stdin with its line end; empty: no more
};

class Interpreter {
 public:
  explicit Interpreter(const Options& options = {});
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  bool running() const { return room_; }       // false: it could not start; the reason is on stderr
  // Runs statements in __main__; false if they raised.
  bool run(std::string_view source, std::string_view name = "<embedded>");
  Object evaluate(std::string_view expression);
  Object import(std::string_view module);
  // A name of __main__.
  Object get(std::string_view name);
  bool set(std::string_view name, const Object& value);

  // The last failure, taken out; nullopt if there was none.
  std::optional<Error> take_error();
  // Its traceback as text; empty if there was none.
  std::string error();

  // A C++ function (any callable; its parameters convert as Object::as does) as a Python object, or under a name of __main__.
  template <class F>
  Object function(const char* name, F f) { return Object::adopt(detail::make_function(room_, name, detail::adapt(name, std::function(std::move(f))))); }
  template <class F>
  bool define(const char* name, F f) { return set(name, function(name, std::move(f))); }
  // A C++ class under a name of __main__; its methods are added to what this gives.
  template <class T>
  Class<T> add_class(const char* name) {
    Object type = Object::adopt(detail::make_class(room_, name, &detail::tag_of<T>));
    if (type) set(name, type);
    return Class<T>(room_, std::move(type));
  }

  // An ndarray over the host's own memory, without a copy: it must stay where it is for as long as the program sees it. Strides in bytes, for members of
  // structs in an array: array(&points[0].x, {n}, {sizeof(Point)}); none: C order. Memory of const elements is read-only there.
  template <class T>
    requires detail::Element<std::remove_const_t<T>>
  Object array(T* data, const std::vector<int64_t>& shape, const std::vector<int64_t>& strides = {}) {
    using Plain = std::remove_const_t<T>;
    const char dtype[] = {detail::kind_of<Plain>() == 'b' ? '?' : detail::kind_of<Plain>(), detail::kind_of<Plain>() == 'b' ? '\0' : static_cast<char>('0' + sizeof(T)), '\0'};
    return Object::adopt(detail::make_array(room_, const_cast<Plain*>(data), dtype, shape.data(), strides.empty() ? nullptr : strides.data(), shape.size(), !std::is_const_v<T>));
  }
  template <class T>
  Object array(std::vector<T>& v) { return array(v.data(), {static_cast<int64_t>(v.size())}); }
  template <class T, size_t N>
  Object array(std::span<T, N> v) { return array(v.data(), {static_cast<int64_t>(v.size())}); }

  // Source text that `import name` finds before any file; put again, it is what reload() runs.
  bool add_module(std::string_view name, std::string_view source, bool package = false);
  Object reload(std::string_view module);

  // From now on; what was exceeded counts no more.
  bool set_limits(const Limits& limits);
  Limit exceeded() const;
  // From any thread: what runs in it raises KeyboardInterrupt.
  void interrupt();

 private:
  detail::Room* room_ = nullptr;
};

}  // namespace adder::embed
