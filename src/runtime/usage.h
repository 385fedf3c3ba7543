// What the command line prints about Adder itself: -h, --help-env, --help-xoptions, -V.
#pragma once
#include <string>

namespace adder {

struct Config;

void print_usage_line(const char* program, bool error);  // and, on stderr, where to find more
void print_usage(const char* program);
void print_environment_usage();
void print_xoption_usage();

std::string version_text();  // sys.version
// -V; `asked` twice (--version -V) also where things lie, and which of the libraries that may be needed are missing. The exit status.
int print_version(int asked, const Config& config);

}  // namespace adder
