// Configuration from the command line, the environment and the file system.
#pragma once
#include "runtime/interpreter.h"

namespace adder {

// Parses the command line (bytes as the system gave them). -1: go on; else exit at once with that status (--help, --version, bad options).
int parse_command_line(int argc, char** argv, Config* config);
// Environment variables, locations of executable, prefix and library, sys.path. false: a message was printed.
bool complete_config(Config* config, const char* argv0);

}  // namespace adder
