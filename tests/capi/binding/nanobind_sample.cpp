// A small module by nanobind: classes, default arguments, containers, exceptions.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;

struct Counter {
  explicit Counter(int start) : n(start) {}
  int add(int by) { return n += by; }
  int n;
};

NB_MODULE(nanobind_sample, m) {
  nb::class_<Counter>(m, "Counter")
      .def(nb::init<int>(), nb::arg("start") = 0)
      .def("add", &Counter::add, nb::arg("by") = 1)
      .def_rw("n", &Counter::n)
      .def("__repr__", [](const Counter& c) { return "<Counter " + std::to_string(c.n) + ">"; });
  m.def("scaled", [](std::vector<double> v, double by) {
    for (double& x : v) x *= by;
    return v;
  });
  m.def("fail", [] { throw nb::index_error("none here"); });
  m.def("call", [](nb::callable f, nb::args args) { return f(*args); });
}
