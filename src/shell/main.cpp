// The `adder` command.
#include <clocale>
#include <csignal>
#include <cstdio>
#include "runtime/config.h"
#include "runtime/interpreter.h"
#if !defined(ADDER_ASAN)
#include <mimalloc.h>

// Memory in pages of 2 MiB where the system gives them: far fewer faults, and what is larger than the caches is reached with fewer misses of
// the translation buffers. It must be said before the first allocation, those of the libraries' initialisers included.
// MIMALLOC_LARGE_OS_PAGES=0 in the environment overrules it.
static void use_large_pages(int, char**, char**) { mi_option_set_enabled_default(mi_option_large_os_pages, true); }
__attribute__((section(".preinit_array"), used)) static void (*const before_initialisers)(int, char**, char**) = use_large_pages;
#endif

int main(int argc, char** argv) {
  setlocale(LC_CTYPE, "");
  adder::Config config;
  config.program_name = argc > 0 ? argv[0] : "adder";
  int status = adder::parse_command_line(argc, argv, &config);
  if (status >= 0) return status;
  if (!adder::complete_config(&config, argc > 0 ? argv[0] : nullptr)) return 1;
  if (!adder::start_interpreter(std::move(config))) return 1;
  status = adder::run_main();
  if (adder::stop_interpreter() < 0 && status == 0) status = 120;
  if (status == 130) {
    // Ended by Ctrl-C: die of it, so that the shell knows.
    signal(SIGINT, SIG_DFL);
    raise(SIGINT);
  }
  return status;
}
