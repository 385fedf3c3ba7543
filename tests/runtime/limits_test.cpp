// Limits of an interpreter against programs that do not want to be limited. Each program must end by the limit, and the interpreter must still
// be good for others and for its end.
#include "adder/embed.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

using namespace adder::embed;

namespace {

Options bare() {
  Options o;
  o.site = false;
  return o;
}
struct Hostile {
  const char* name;
  const char* source;
};
double seconds_since(std::chrono::steady_clock::time_point begin) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); }

// Runs each in an interpreter of its own; it must exceed `limit`.
void expect_exceeded(const Hostile& h, const Limits& limits, Limit limit, double most_seconds) {
  SCOPED_TRACE(h.name);
  auto begin = std::chrono::steady_clock::now();
  {
    Interpreter python(bare());
    ASSERT_TRUE(python.set_limits(limits));
    EXPECT_FALSE(python.run(h.source));
    auto e = python.take_error();
    ASSERT_TRUE(e);
    EXPECT_EQ(static_cast<int>(e->limit), static_cast<int>(limit)) << e->traceback;
    // Nothing runs any more, until there are new limits.
    EXPECT_FALSE(python.run("for i in range(3): pass"));
    EXPECT_EQ(static_cast<int>(python.exceeded()), static_cast<int>(limit));
    ASSERT_TRUE(python.set_limits({}));
    EXPECT_TRUE(python.run("assert sum(range(5)) == 10")) << python.error();
    python.set_limits(limits);
  }
  EXPECT_LT(seconds_since(begin), most_seconds);
}

const Hostile kEndless[] = {
    {"while", "while True: pass"},
    {"catches all", "def f():\n  while True:\n    try:\n      while True: pass\n    except BaseException: pass\n    finally: f()\nf()"},
    {"bare except", "while True:\n  try:\n    while True: pass\n  except: continue"},
    {"finally", "try:\n  while True: pass\nfinally:\n  while True: pass"},
    {"with", "class C:\n  def __enter__(s): pass\n  def __exit__(s, *a):\n    while True: pass\nwith C():\n  while True: pass"},
    {"del", "class C:\n  def __del__(s):\n    while True: pass\nc = C()\ndef f():\n  d = C()\n  while True: pass\nf()"},
    {"generator", "def g():\n  while True:\n    try:\n      yield 1\n    except BaseException: pass\nx = g()\nfor i in x: pass"},
    {"generator, closed", "def g():\n  try:\n    yield 1\n  finally:\n    while True: pass\nx = g()\nnext(x)\nwhile True: pass"},
    {"coroutine", "async def f():\n  while True:\n    try:\n      await g()\n    except BaseException: pass\nasync def g(): pass\ntry:\n  f().send(None)\nexcept BaseException:\n  while True: pass"},
    {"recursion", "def f():\n  try:\n    f()\n  except BaseException:\n    f()\nimport sys\nsys.setrecursionlimit(10**9)\nf()"},
    {"exception groups", "while True:\n  try:\n    while True: pass\n  except* BaseException: pass"},
    {"tracing", "import sys\ndef t(*a):\n  return t\nsys.settrace(t)\nwhile True:\n  try:\n    while True: x = 1\n  except BaseException: pass"},
    {"hooks", "import sys\ndef h(*a):\n  while True: pass\nsys.excepthook = sys.unraisablehook = h\nclass C:\n  def __del__(s): raise ValueError\nC()\nwhile True: C()"},
    {"atexit", "import atexit\n@atexit.register\ndef f():\n  while True: pass\nwhile True: pass"},
    {"str of the exception", "class E(Exception):\n  def __str__(s):\n    while True: pass\nimport sys\nwhile True:\n  try: raise E\n  except E as e: str(e)"},
    {"metaclass", "class M(type):\n  def __instancecheck__(c, o):\n    while True: pass\nclass E(Exception, metaclass=M): pass\nisinstance(1, E)"},
};

}  // namespace

TEST(Limits, InstructionsEnd) {
  for (const Hostile& h : kEndless) expect_exceeded(h, {.instructions = 200000}, Limit::instructions, 20);
}
TEST(Limits, TimeEnds) {
  for (const Hostile& h : kEndless) expect_exceeded(h, {.seconds = 0.05}, Limit::time, 20);
}
TEST(Limits, WhatIsUsedIsCountedExactly) {
  Interpreter python(bare());
  ASSERT_TRUE(python.set_limits({.instructions = 100000}));
  EXPECT_TRUE(python.run("t = 0\nfor i in range(1000): t += i\n"));
  EXPECT_EQ(python.get("t").as<int>(), 499500);
  int rounds = 0;
  while (python.run("for i in range(1000): pass") && rounds < 1000) rounds++;
  EXPECT_GT(rounds, 10);
  EXPECT_LT(rounds, 100);
  EXPECT_EQ(python.take_error()->type, "LimitExceeded");
}
TEST(Limits, WaitingEndsToo) {
  for (const Hostile& h : std::initializer_list<Hostile>{
           {"sleep", "import time\nwhile True:\n  try: time.sleep(1000)\n  except BaseException: pass"},
           {"lock", "import _thread\nl = _thread.allocate_lock()\nl.acquire()\nwhile True:\n  try: l.acquire()\n  except BaseException: pass"},
           {"select", "import select\nselect.select([], [], [], 1000)"},
           {"pipe", "import os\nr, w = os.pipe()\nos.read(r, 1)"},
           {"file", "import os\nr, w = os.pipe()\nopen(r, 'rb').read()"},
       }) {
    expect_exceeded(h, {.seconds = 0.05}, Limit::time, 20);
  }
}
