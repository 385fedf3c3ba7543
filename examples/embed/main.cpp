// A C++ program that runs Python: source text, a function called with numbers and text, errors with their traceback, and an interpreter
// made and ended a hundred times.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include "adder/embed.hpp"

using adder::embed::Interpreter;
using adder::embed::Object;

static long resident_pages() {
  std::ifstream file("/proc/self/statm");
  long size = 0, resident = 0;
  file >> size >> resident;
  return resident;
}
static int fail(const std::string& what) {
  fprintf(stderr, "%s\n", what.c_str());
  return 1;
}

int main() {
  {
    Interpreter python;
    if (!python.running()) return fail("the interpreter did not start");
    if (!python.run("import math\n"
                    "def hypotenuse(a, b):\n"
                    "    return math.hypot(a, b)\n"
                    "def greet(name, times):\n"
                    "    return ', '.join([f'hello {name}'] * times)\n"))
      return fail(python.error());
    printf("hypotenuse(3, 4) = %g\n", python.get("hypotenuse")(3, 4.0).as_double().value_or(-1));
    printf("greet: %s\n", python.get("greet")("world", 2).as_text().value_or("?").c_str());
    printf("sum: %lld\n", static_cast<long long>(python.evaluate("sum(range(101))").as_int().value_or(-1)));

    if (python.get("hypotenuse")("three", 4)) return fail("an error was expected");
    printf("an error arrives as text:\n%s", python.error().c_str());
  }
  // Made and ended again and again: memory settles after the first rounds.
  long settled = 0;
  for (int i = 0; i < 100; i++) {
    Interpreter python;
    if (!python.run("import json, re\nx = json.loads(json.dumps({'round': list(range(100))}))\nassert re.match(r'a+', 'aaa')\n")) return fail(python.error());
    if (i == 49) settled = resident_pages();
  }
  long grown = resident_pages() - settled;
  printf("100 interpreters, memory %s\n", grown < 512 ? "steady" : "grew");
  if (grown >= 512) fprintf(stderr, "grew by %ld pages\n", grown);
  return grown < 512 ? 0 : 1;
}
