// adder/embed.hpp: interpreters made, used and ended; values, functions, classes and memory shared with them.
#include "adder/embed.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

using namespace adder::embed;

namespace {

Options bare() {
  Options o;
  o.site = false;
  return o;
}
size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  size_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * 4096;
}

struct Counter {
  int total;
  double weight = 1.5;
  static inline int alive = 0;
  explicit Counter(int start) : total(start) { alive++; }
  Counter(const Counter& o) : total(o.total), weight(o.weight) { alive++; }
  ~Counter() { alive--; }
  int add(int n) { return total += n; }
  std::string name() const { return "counter"; }
};
struct Points {
  std::vector<double> x{1, 2, 3}, y{4, 5, 6};
  std::vector<int32_t> id{7, 8, 9};
};
struct Point {
  double x;
  float mass;
};

}  // namespace

TEST(Embed, RunsAndCallsWithCppTypes) {
  Interpreter python(bare());
  ASSERT_TRUE(python.running());
  ASSERT_TRUE(python.run("def twice(x): return x * 2\ndef spread(*a, **k): return [a, k]\n")) << python.error();
  Object twice = python.get("twice");
  EXPECT_EQ(twice(21).as<int>(), 42);
  EXPECT_EQ(twice(1.25).as<double>(), 2.5);
  EXPECT_EQ(twice("ab").as<std::string>(), "abab");
  EXPECT_EQ(twice(std::vector<int>{1, 2}).as<std::vector<int>>(), (std::vector<int>{1, 2, 1, 2}));
  EXPECT_EQ(twice(uint64_t{1} << 62).as<uint64_t>(), uint64_t{1} << 63);
  EXPECT_EQ(twice(INT64_MIN / 2).as<int64_t>(), INT64_MIN);
  EXPECT_EQ(twice(std::tuple(1, "x")).repr(), "(1, 'x', 1, 'x')");
  using Table = std::map<std::string, std::optional<double>>;
  Table table{{"a", 1.0}, {"b", std::nullopt}};
  ASSERT_TRUE(python.set("table", table));
  EXPECT_EQ(python.evaluate("table").as<Table>(), table);
  EXPECT_EQ((python.evaluate("1, 'x', None").as<std::tuple<int, std::string, std::optional<int>>>()), std::tuple(1, "x", std::nullopt));
  EXPECT_EQ(python.get("spread").call({1, "b"}, {{"key", true}}).repr(), "[(1, 'b'), {'key': True}]");
  EXPECT_EQ(python.import("os.path").call_method("basename", "a/b").as<std::string>(), "b");
  std::vector<std::byte> bytes{std::byte{1}, std::byte{0}};
  EXPECT_EQ(twice(bytes).repr(), "b'\\x01\\x00\\x01\\x00'");
  EXPECT_EQ(python.evaluate("bytearray(b'\\1\\0')").as<std::vector<std::byte>>(), bytes);
  EXPECT_EQ(python.evaluate("[10, 20]")[1].as<int>(), 20);
  EXPECT_EQ(python.evaluate("300").as<int8_t>(), std::nullopt);
  EXPECT_EQ(python.take_error()->type, "OverflowError");
}

TEST(Embed, ErrorsAreValues) {
  Interpreter python(bare());
  EXPECT_FALSE(python.take_error());
  EXPECT_FALSE(python.run("def f():\n    raise KeyError('k')\nf()\n", "made.py"));
  auto e = python.take_error();
  ASSERT_TRUE(e);
  EXPECT_EQ(e->type, "KeyError");
  EXPECT_EQ(e->message, "'k'");
  EXPECT_NE(e->traceback.find("File \"made.py\", line 2, in f"), std::string::npos);
  EXPECT_EQ(e->limit, Limit::none);
  EXPECT_FALSE(python.take_error());
  EXPECT_FALSE(python.evaluate("1 +"));
  EXPECT_EQ(python.take_error()->type, "SyntaxError");
  EXPECT_FALSE(python.get("missing")(1));
  EXPECT_EQ(python.take_error()->message, "name 'missing' is not defined");
  EXPECT_FALSE(python.evaluate("print")(Object()));
  EXPECT_EQ(python.take_error()->message, "an empty Object was used");
  EXPECT_FALSE(python.evaluate("'text'").as<int>());
  EXPECT_EQ(python.take_error()->type, "TypeError");
  EXPECT_TRUE(python.run("x = 1"));
  EXPECT_FALSE(python.run("raise SystemExit(3)"));
  EXPECT_EQ(python.take_error()->type, "SystemExit");
}

TEST(Embed, CppFunctionsAreGivenToScripts) {
  Interpreter python(bare());
  int calls = 0;
  python.define("add", [&](int a, double b) { calls++; return a + b; });
  python.define("shout", [](std::string s) { return s + "!"; });
  python.define("total", [](std::vector<double> v) { double t = 0; for (double x : v) t += x; return t; });
  python.define("nothing", [] {});
  python.define("refuse", [](int n) -> Object { return n > 3 ? raise("LookupError", "too many") : Object(n); });
  python.define("back", [](Object f) { return f(20); });
  EXPECT_EQ(python.evaluate("add(1, 2.5)").as<double>(), 3.5);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(python.evaluate("shout('hi')").as<std::string>(), "hi!");
  EXPECT_EQ(python.evaluate("total(x / 2 for x in range(5))").as<double>(), 5);
  EXPECT_TRUE(python.evaluate("nothing()").is_none());
  EXPECT_EQ(python.evaluate("refuse(3)").as<int>(), 3);
  EXPECT_EQ(python.evaluate("back(lambda x: x + 1)").as<int>(), 21);
  ASSERT_TRUE(python.run("try:\n    refuse(4)\nexcept LookupError as e:\n    seen = str(e)\n"
                         "try:\n    back(lambda x: 1 / 0)\nexcept ZeroDivisionError as e:\n    also = str(e)\n")) << python.error();
  EXPECT_EQ(python.get("seen").as<std::string>(), "too many");
  EXPECT_EQ(python.get("also").as<std::string>(), "division by zero");
  EXPECT_FALSE(python.evaluate("add('x', 1)"));
  EXPECT_EQ(python.take_error()->type, "TypeError");
  EXPECT_FALSE(python.evaluate("add(1)"));
  EXPECT_EQ(python.take_error()->message, "add() takes 2 arguments (1 given)");
  python.define("thrower", []() -> int { throw std::runtime_error("from C++"); });
  EXPECT_FALSE(python.evaluate("thrower()"));
  EXPECT_EQ(python.take_error()->message, "from C++");
}

TEST(Embed, CppClassesAreGivenToScripts) {
  {
    Interpreter python(bare());
    auto c = python.add_class<Counter>("Counter");
    c.constructor<int>().method("add", &Counter::add).method("name", &Counter::name).field("total", &Counter::total);
    c.method("plus", [](Counter& self, int n) { return Counter(self.total + n); });
    python.define("merge", [](const Counter& a, Counter& b) { return a.total + b.total; });
    ASSERT_TRUE(python.run("c = Counter(5)\nc.add(3)\nc.total += 10\nclass Mine(Counter):\n    def double(self): return self.add(self.total)\n"
                           "m = Mine(2)\nm.double()\nd = c.plus(100)\n")) << python.error();
    EXPECT_EQ(python.evaluate("c.total, m.total, d.total, c.name(), merge(c, m)").repr(), "(18, 4, 118, 'counter', 22)");
    EXPECT_EQ(python.get("c").held<Counter>()->total, 18);
    EXPECT_EQ(Counter::alive, 3);
    EXPECT_EQ(python.evaluate("isinstance(d, Counter)").as<bool>(), true);
    EXPECT_FALSE(python.evaluate("merge(c, 1)"));
    EXPECT_EQ(python.take_error()->message, "expected Counter, not int");
    EXPECT_FALSE(python.evaluate("Counter.__new__(Counter).total"));
    EXPECT_EQ(python.take_error()->type, "TypeError");
    EXPECT_TRUE(python.run("del c"));
    EXPECT_EQ(Counter::alive, 2);
  }
  EXPECT_EQ(Counter::alive, 0);
}

TEST(Embed, MemoryIsSharedAsArrays) {
  Points points;
  std::vector<Point> records{{1, 10}, {2, 20}, {3, 30}};
  const std::vector<double> fixed{1, 2};
  Interpreter python(bare());
  ASSERT_TRUE(python.set("x", python.array(points.x))) << python.error();
  ASSERT_TRUE(python.set("y", python.array(points.y.data(), {3, 1})));
  ASSERT_TRUE(python.set("id", python.array(std::span(points.id))));
  ASSERT_TRUE(python.set("mass", python.array(&records[0].mass, {3}, {sizeof(Point)})));
  ASSERT_TRUE(python.set("back", python.array(&points.x[2], {3}, {-8})));
  ASSERT_TRUE(python.set("fixed", python.array(std::span(fixed))));
  ASSERT_TRUE(python.run("import numpy as np\nx += y[:, 0] * 2\nid[1] = 80\nmass[:] = mass[::-1]\nassert back.tolist() == x.tolist()[::-1]\n"
                         "assert x.dtype == np.float64 and id.dtype == np.int32 and mass.dtype == np.float32 and not fixed.flags.writeable\n")) << python.error();
  EXPECT_EQ(points.x, (std::vector<double>{9, 12, 15}));
  EXPECT_EQ(points.id[1], 80);
  EXPECT_EQ(records[0].mass, 30);
  EXPECT_EQ(records[0].x, 1);
  auto view = python.evaluate("np.arange(6.0).reshape(2, 3).T").as<Array<double>>();
  ASSERT_TRUE(view) << python.error();
  EXPECT_EQ(view->shape, (std::vector<int64_t>{3, 2}));
  EXPECT_EQ((*view)(2, 1), 5);
  EXPECT_FALSE(python.evaluate("np.arange(3)").as<Array<double>>());
  EXPECT_EQ(python.take_error()->type, "TypeError");
  EXPECT_FALSE(python.get("fixed").as<Array<double>>());
  EXPECT_TRUE(python.get("fixed").as<Array<const double>>());
}

TEST(Embed, StreamsGoToFunctions) {
  std::string written, complained;
  int lines = 0;
  Options o = bare();
  o.output = [&](std::string_view text) { written += text; };
  o.errors = [&](std::string_view text) { complained += text; };
  o.input = [&] { return ++lines < 3 ? "line " + std::to_string(lines) + "\n" : std::string(); };
  Interpreter python(o);
  ASSERT_TRUE(python.running());
  ASSERT_TRUE(python.run("import sys\nprint('héllo', 1)\nprint('oh', file=sys.stderr)\nprint(input('? '))\nrest = sys.stdin.read()\n")) << python.error();
  EXPECT_EQ(written, "héllo 1\n? line 1\n");
  EXPECT_EQ(complained, "oh\n");
  EXPECT_EQ(python.get("rest").as<std::string>(), "line 2\n");
  EXPECT_FALSE(python.run("input()"));
  EXPECT_EQ(python.take_error()->type, "EOFError");
}

TEST(Embed, ModulesComeFromMemoryAndReload) {
  Interpreter python(bare());
  ASSERT_TRUE(python.add_module("rules", "limit = 1\n")) << python.error();
  ASSERT_TRUE(python.add_module("pack", "", true));
  ASSERT_TRUE(python.add_module("pack.part", "from rules import limit\ndef f(): return 1 / 0\n"));
  ASSERT_TRUE(python.run("import rules, pack.part\nassert pack.part.limit == 1\n")) << python.error();
  EXPECT_FALSE(python.evaluate("pack.part.f()"));
  EXPECT_NE(python.error().find("def f(): return 1 / 0"), std::string::npos);
  python.add_module("rules", "limit = 2\n");
  EXPECT_EQ(python.evaluate("rules.limit").as<int>(), 1);
  EXPECT_EQ(python.reload("rules").attribute("limit").as<int>(), 2);
  EXPECT_EQ(python.evaluate("rules.limit").as<int>(), 2);
}

TEST(Embed, SeveralInterpretersStandSideBySide) {
  Interpreter a(bare()), b(bare());
  a.run("x = 1\nimport sys\nsys.shared = 'a'");
  b.run("x = 2\nimport sys");
  EXPECT_EQ(a.get("x").as<int>(), 1);
  EXPECT_EQ(b.get("x").as<int>(), 2);
  EXPECT_EQ(b.evaluate("hasattr(sys, 'shared')").as<bool>(), false);
  // One calls into the other.
  a.define("ask", [&](int n) { return b.evaluate("x + 1").as<int>().value_or(-1) + n; });
  EXPECT_EQ(a.evaluate("ask(10) + x").as<int>(), 14);
  b.define("fails", [&]() -> Object { a.run("1/0"); return raise("ValueError", a.take_error()->type); });
  EXPECT_FALSE(b.evaluate("fails()"));
  EXPECT_EQ(b.take_error()->message, "ZeroDivisionError");
  // They end in any order.
  auto c = std::make_unique<Interpreter>(bare());
  { Interpreter d(bare()); d.run("x = 4"); c->run("x = 3"); }
  EXPECT_EQ(c->get("x").as<int>(), 3);
}

TEST(Embed, AnyThreadMayUseThem) {
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  std::vector<int> sums(kThreads);
  Interpreter shared(bare());
  for (int i = 0; i < kThreads; i++) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 5; k++) {
        Interpreter own(bare());
        own.run("t = 0\nfor i in range(20000): t += i & 1\n");
        sums[static_cast<size_t>(i)] += own.get("t").as<int>().value_or(0);
      }
    });
  }
  for (auto& t : threads) t.join();
  for (int s : sums) EXPECT_EQ(s, 50000);
  std::thread([&] { shared.run("y = 5"); }).join();
  EXPECT_EQ(shared.get("y").as<int>(), 5);
}

TEST(Embed, InterruptsComeFromOtherThreads) {
  Interpreter python(bare());
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    python.interrupt();
  });
  EXPECT_FALSE(python.run("while True: pass"));
  other.join();
  EXPECT_EQ(python.take_error()->type, "KeyboardInterrupt");
}

// ADDER_ROUNDS=10000 makes it the long run whose figures docs/performance.md states.
TEST(Embed, MadeAndEndedWithoutGrowth) {
  const char* wish = getenv("ADDER_ROUNDS");
  const int rounds = wish ? atoi(wish) : 120, warm = rounds / 3;
  size_t settled = 0;
  double seconds = 0;
  for (int i = 0; i < rounds; i++) {
    auto begin = std::chrono::steady_clock::now();
    Interpreter python;
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    ASSERT_TRUE(python.running());
    python.define("f", [](int n) { return n + 1; });
    ASSERT_TRUE(python.run("import json, re\nx = json.loads(json.dumps({'round': list(range(100))}))\nassert re.match(r'a+', 'aaa')\n"
                           "class C:\n    def m(self): return f(1)\nloop = [C()]\nloop.append(loop)\nassert loop[0].m() == 2\n")) << python.error();
    if (i % 4 == 0) ASSERT_TRUE(python.run("import numpy as np\na = np.arange(1000.0)\nassert (a * 2 + 1).sum() == 1000000\n")) << python.error();
    if (i == warm) settled = resident_bytes();
  }
  const size_t end = resident_bytes(), grown = end > settled ? end - settled : 0;
  RecordProperty("bytes_grown", static_cast<int>(grown));
  printf("%d interpreters: %.2f ms to make one, %zu KiB grown behind the first %d\n", rounds, seconds / rounds * 1e3, grown >> 10, warm);
  EXPECT_LT(grown, size_t{2} << 20);
}
