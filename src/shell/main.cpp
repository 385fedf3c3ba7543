// The `adder` command.
#include <clocale>
#include <csignal>
#include <cstdio>
#include "runtime/config.h"
#include "runtime/interpreter.h"
#include "runtime/quiet_end.h"

int main(int argc, char** argv) {
  setlocale(LC_CTYPE, "");
  adder::Config config;
  config.program_name = argc > 0 ? argv[0] : "adder";
  int status = adder::parse_command_line(argc, argv, &config);
  if (status >= 0) return status;
  if (!adder::complete_config(&config, argc > 0 ? argv[0] : nullptr)) return 1;
  if (!adder::start_interpreter(std::move(config))) return 1;
  status = adder::run_main();
  if (adder::stop_for_good() < 0 && status == 0) status = 120;
  if (status == 130) {
    // Ended by Ctrl-C: die of it, so that the shell knows.
    signal(SIGINT, SIG_DFL);
    raise(SIGINT);
  }
  return status;
}
