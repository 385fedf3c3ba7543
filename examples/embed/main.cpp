// A C++ program that runs Python: source text, functions called both ways, a C++ class and C++ arrays in a script, errors with their traceback,
// a script with limits, and an interpreter made and ended a hundred times.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>
#include "adder/embed.hpp"

using adder::embed::Interpreter;
using adder::embed::Limit;
using adder::embed::Object;
using adder::embed::Options;

struct Account {
  double balance;
  explicit Account(double b) : balance(b) {}
  double deposit(double amount) { return balance += amount; }
};
struct Particles {
  std::vector<double> x, speed;
};

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

    python.define("clamp", [](double v, double low, double high) { return v < low ? low : v > high ? high : v; });
    python.add_class<Account>("Account").constructor<double>().method("deposit", &Account::deposit).field("balance", &Account::balance);
    if (!python.run("account = Account(10)\naccount.deposit(clamp(99, 0, 5))\n")) return fail(python.error());
    printf("the account holds %g\n", python.get("account").held<Account>()->balance);

    Particles p{{0, 1, 2}, {1, 1, 2}};
    python.set("x", python.array(p.x));
    python.set("speed", python.array(p.speed));
    if (!python.run("x += speed * 0.5")) return fail(python.error());
    printf("moved to %g, %g, %g\n", p.x[0], p.x[1], p.x[2]);
  }
  {
    Options options;
    options.limits = {.instructions = 1'000'000, .seconds = 2, .memory = 64 << 20};
    Interpreter limited(options);
    limited.run("while True:\n"
                "    try:\n"
                "        while True: pass\n"
                "    except BaseException: pass\n");
    auto error = limited.take_error();
    if (!error || error->limit != Limit::instructions) return fail("a limit was expected");
    printf("%s: %s\n", error->type.c_str(), error->message.c_str());
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
