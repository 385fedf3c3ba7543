// The `adder` command.
extern "C" int Py_BytesMain(int argc, char** argv);  // capi/startup.cpp

int main(int argc, char** argv) { return Py_BytesMain(argc, argv); }
