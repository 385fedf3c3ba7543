// The texts of -h, --help-env and --help-xoptions.
#pragma once

namespace adder {

void print_usage_line(const char* program, bool error);  // and, on stderr, where to find more
void print_usage(const char* program);
void print_environment_usage();
void print_xoption_usage();

}  // namespace adder
