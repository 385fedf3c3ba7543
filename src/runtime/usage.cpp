// What the command line's help prints: options, environment variables, -X options.
#include "runtime/usage.h"

#include <cstdio>

namespace adder {
namespace {

const char kUsage[] =
    "Options (and corresponding environment variables):\n"
    "-b     : issue warnings about str(bytes_instance), str(bytearray_instance)\n"
    "         and comparing bytes/bytearray with str. (-bb: issue errors)\n"
    "-B     : don't write .pyc files on import; also PYTHONDONTWRITEBYTECODE=x\n"
    "-c cmd : program passed in as string (terminates option list)\n"
    "-d     : turn on parser debugging output (no effect here); also PYTHONDEBUG=x\n"
    "-E     : ignore PYTHON* environment variables (such as PYTHONPATH)\n"
    "-h     : print this help message and exit (also -? or --help)\n"
    "-i     : inspect interactively after running script; forces a prompt even\n"
    "         if stdin does not appear to be a terminal; also PYTHONINSPECT=x\n"
    "-I     : isolate from the user's environment (implies -E, -P and -s)\n"
    "-m mod : run library module as a script (terminates option list)\n"
    "-O     : remove assert and __debug__-dependent statements; also PYTHONOPTIMIZE=x\n"
    "-OO    : do -O changes and also discard docstrings\n"
    "-P     : don't prepend a potentially unsafe path to sys.path; also PYTHONSAFEPATH\n"
    "-q     : don't print version and copyright messages on interactive startup\n"
    "-s     : don't add user site directory to sys.path; also PYTHONNOUSERSITE\n"
    "-S     : don't imply 'import site' on initialization\n"
    "-u     : force the stdout and stderr streams to be unbuffered; also PYTHONUNBUFFERED=x\n"
    "-v     : verbose (trace import statements); also PYTHONVERBOSE=x\n"
    "-V     : print the version number and exit (also --version); when given twice, print also where things lie and what is missing\n"
    "-W arg : warning control; arg is action:message:category:module:lineno; also PYTHONWARNINGS=arg\n"
    "-x     : skip first line of source, allowing use of non-Unix forms of #!cmd\n"
    "-X opt : set an implementation-specific option\n"
    "--check-hash-based-pycs always|default|never: control how invalidation of hash-based .pyc files is checked\n"
    "--explain[=STAGES|PAGE.html] file | -c cmd : run the program, then show it stage by stage: tokens, tree, register code\n"
    "         with types and caches, memory layout of its variables, arrays\n"
    "--profile[=OUT.svg] file | -c cmd | -m mod : run the program, then tell where it spent its time, line by line; OUT.svg: a flame graph\n"
    "--trace OUT file | -c cmd | -m mod : run the program and write a time line for Perfetto: functions, kernels, memory, imports, lock\n"
    "--help-env      : print help about environment variables and exit\n"
    "--help-xoptions : print help about -X options and exit\n"
    "--help-all      : print complete help information and exit\n"
    "Arguments:\n"
    "file   : program read from script file, directory or zip archive with __main__.py\n"
    "-      : program read from stdin (default; interactive mode if a tty)\n"
    "arg ...: arguments passed to program in sys.argv[1:]\n";


const char kEnvironment[] =
    "Environment variables that change behavior:\n"
    "PYTHONSTARTUP   : file executed on interactive startup (no default)\n"
    "PYTHONPATH      : ':'-separated list of directories put before the default module search path\n"
    "PYTHONSAFEPATH  : don't prepend a potentially unsafe path to sys.path (-P)\n"
    "PYTHONHOME      : not used: the standard library is the distribution's\n"
    "PYTHONUTF8      : 1 enables the UTF-8 mode, 0 keeps it off (-X utf8)\n"
    "PYTHONCOERCECLOCALE : 0 leaves the C locale as it is\n"
    "PYTHONIOENCODING: encoding[:errors] used for stdin, stdout and stderr\n"
    "PYTHONFAULTHANDLER : dump the Python traceback on fatal errors (-X faulthandler)\n"
    "PYTHONHASHSEED  : 'random', or an integer in the range [0,4294967295] that makes hashes of text predictable\n"
    "PYTHONINTMAXSTRDIGITS : limit on the digits of an int converted from or to text; 0 disables it\n"
    "PYTHONBREAKPOINT: 0 disables the debugger; else the callable that breakpoint() calls\n"
    "PYTHONDEVMODE   : enable the development mode (-X dev)\n"
    "PYTHONPYCACHEPREFIX : root directory for bytecode cache (pyc) files (-X pycache_prefix)\n"
    "PYTHONPROFILEIMPORTTIME : show how long each import takes (-X importtime)\n"
    "PYTHONWARNDEFAULTENCODING : enable EncodingWarning for 'encoding=None' (-X warn_default_encoding)\n"
    "PYTHONNODEBUGRANGES : leave columns out of code objects (-X no_debug_ranges)\n"
    "PYTHONDEBUG     : parser debug mode (-d)\n"
    "PYTHONDONTWRITEBYTECODE : don't write .pyc files (-B)\n"
    "PYTHONINSPECT   : inspect interactively after running script (-i)\n"
    "PYTHONNOUSERSITE: disable user site directory (-s)\n"
    "PYTHONOPTIMIZE  : enable level 1 optimizations (-O)\n"
    "PYTHONUNBUFFERED: disable stdout/stderr buffering (-u)\n"
    "PYTHONVERBOSE   : trace import statements (-v)\n"
    "PYTHONWARNINGS=arg : warning control (-W arg)\n"
    "PYTHON_COLORS   : 0 or 1: reports of exceptions without or with colours; else as NO_COLOR, FORCE_COLOR, TERM and the terminal say\n"
    "PYTHON_BASIC_REPL : any value: the plain prompt also on a terminal\n"
    "PYTHON_HISTORY  : the file in which the prompt keeps what was entered (~/.python_history)\n"
    "ADDER_HINTS     : 0 keeps suggestions beyond CPython's, and notes on arrays, out of reports of exceptions\n"
    "ADDER_LIBRARY   : where Adder's own Python code lies\n"
    "ADDER_NUMPY     : 'builtin' or 'installed', as -X numpy\n";

const char kXoptions[] =
    "The following implementation-specific options are available:\n"
    "-X arrays[=check]: tell at the end which array operations ran as one pass; check: compare each with its operations one by one\n"
    "-X dev: development mode: default warning filter, fault handler, checks of codec names, asyncio's debug mode\n"
    "-X faulthandler: dump the Python traceback on fatal errors\n"
    "-X frozen_modules=[on|off]: whether or not frozen modules should be used (default: on)\n"
    "-X importtime: show how long each import takes, alone and with what it imports in turn\n"
    "-X int_max_str_digits=number: limit the size of int<->str conversions; 0 disables\n"
    "-X no_debug_ranges: leave columns and end lines out of code objects\n"
    "-X numpy=[builtin|installed]: which numpy the process uses\n"
    "-X pycache_prefix=PATH: write .pyc files to a parallel tree rooted there\n"
    "-X stats: show collector runs at the end, and what was executed and allocated if the build counts that\n"
    "-X utf8[=0|1]: enable or disable UTF-8 mode\n"
    "-X warn_default_encoding: enable EncodingWarning for 'encoding=None'\n";

}  // namespace

void print_usage_line(const char* program, bool error) {
  FILE* out = error ? stderr : stdout;
  fprintf(out, "usage: %s [option] ... [-c cmd | -m mod | file | -] [arg] ...\n", program);
  if (error) fputs("Try `python -h' for more information.\n", out);
}
void print_usage(const char* program) {
  print_usage_line(program, false);
  fputs(kUsage, stdout);
}
void print_environment_usage() { fputs(kEnvironment, stdout); }
void print_xoption_usage() { fputs(kXoptions, stdout); }

}  // namespace adder
