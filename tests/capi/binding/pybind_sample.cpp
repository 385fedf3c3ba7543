// A small module by pybind11: classes, inheritance from Python, containers, exceptions, keep-alive, buffers.
#include <pybind11/functional.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <stdexcept>

namespace py = pybind11;

struct Animal {
  explicit Animal(std::string n) : name(std::move(n)) {}
  virtual ~Animal() = default;
  virtual std::string sound(int times) const { return "?" + std::to_string(times); }
  std::string name;
};
struct PyAnimal : Animal {
  using Animal::Animal;
  std::string sound(int times) const override { PYBIND11_OVERRIDE(std::string, Animal, sound, times); }
};
struct Grid {
  double cells[2][3] = {{0, 1, 2}, {3, 4, 5}};
};

PYBIND11_MODULE(pybind_sample, m) {
  m.doc() = "by pybind11";
  py::class_<Animal, PyAnimal>(m, "Animal")
      .def(py::init<std::string>(), py::arg("name"))
      .def("sound", &Animal::sound, py::arg("times") = 1)
      .def_readwrite("name", &Animal::name)
      .def("__repr__", [](const Animal& a) { return "<Animal " + a.name + ">"; });
  m.def("speak", [](const Animal& a) { return a.name + ": " + a.sound(3); });
  m.def("total", [](const std::vector<double>& v) {
    double s = 0;
    for (double x : v) s += x;
    return s;
  });
  m.def("invert", [](const std::map<std::string, int>& d) {
    std::map<int, std::string> r;
    for (auto& [k, v] : d) r[v] = k;
    return r;
  });
  m.def("apply", [](const std::function<int(int)>& f, int x) { return f(f(x)); });
  m.def("adder", [](int n) { return std::function<int(int)>([n](int x) { return x + n; }); });
  m.def("fail", [](int kind) {
    if (kind == 0) throw std::out_of_range("too far");
    if (kind == 1) throw py::value_error("wrong");
    throw std::runtime_error("failed");
  });
  m.def("count", [](py::object f) {
    py::gil_scoped_release release;
    py::gil_scoped_acquire acquire;
    int n = 0;
    for (py::handle h : f()) n += h.cast<int>();
    return n;
  });
  py::class_<Grid>(m, "Grid", py::buffer_protocol())
      .def(py::init<>())
      .def_buffer([](Grid& g) {
        return py::buffer_info(&g.cells[0][0], sizeof(double), py::format_descriptor<double>::format(), 2, {2, 3}, {3 * sizeof(double), sizeof(double)});
      });
  py::enum_<std::errc>(m, "Errc").value("exists", std::errc::file_exists).value("again", std::errc::resource_unavailable_try_again);
}
