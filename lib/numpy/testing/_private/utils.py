"""What numpy.testing offers: assertions, and help for suites of tests."""

import contextlib
import functools
import os
import pathlib
import platform
import sys
import sysconfig
from unittest.case import SkipTest

import numpy as np
from numpy.testing._private.catching import (
    assert_no_gc_cycles, assert_no_warnings, assert_warns, break_cycles, clear_and_catch_warnings, suppress_warnings)
from numpy.testing._private.comparisons import (
    assert_, assert_allclose, assert_almost_equal, assert_approx_equal, assert_array_almost_equal, assert_array_almost_equal_nulp,
    assert_array_compare, assert_array_equal, assert_array_less, assert_array_max_ulp, assert_equal, assert_raises, assert_raises_regex,
    assert_string_equal, build_err_msg, integer_repr, nulp_diff, print_assert_equal)

__all__ = [
    'assert_equal', 'assert_almost_equal', 'assert_approx_equal', 'assert_array_equal', 'assert_array_less', 'assert_string_equal',
    'assert_array_almost_equal', 'assert_raises', 'build_err_msg', 'decorate_methods', 'jiffies', 'memusage', 'print_assert_equal',
    'rundocs', 'runstring', 'verbose', 'measure', 'assert_', 'assert_array_almost_equal_nulp', 'assert_raises_regex',
    'assert_array_max_ulp', 'assert_warns', 'assert_no_warnings', 'assert_allclose', 'IgnoreException', 'clear_and_catch_warnings',
    'SkipTest', 'KnownFailureException', 'temppath', 'tempdir', 'IS_PYPY', 'HAS_REFCOUNT', 'IS_WASM', 'suppress_warnings',
    'assert_array_compare', 'assert_no_gc_cycles', 'break_cycles', 'HAS_LAPACK64', 'IS_PYSTON', 'IS_MUSL', 'check_support_sve',
    'NOGIL_BUILD', 'IS_EDITABLE', 'IS_INSTALLED', 'NUMPY_ROOT', 'run_threaded', 'IS_64BIT', 'BLAS_SUPPORTS_FPE']

IS_WASM = IS_PYPY = IS_PYSTON = IS_MUSL = IS_EDITABLE = NOGIL_BUILD = HAS_LAPACK64 = False
HAS_REFCOUNT = IS_INSTALLED = True
IS_64BIT = np.dtype(np.intp).itemsize == 8
BLAS_SUPPORTS_FPE = platform.machine() in ('x86_64', 'AMD64')
NUMPY_ROOT = pathlib.Path(np.__file__).parent
verbose = 0


class IgnoreException(Exception):
    """Ignoring this exception due to disabled feature"""


class KnownFailureException(Exception):
    """Raise this exception to mark a test as a known failing test."""


KnownFailureTest = KnownFailureException


@contextlib.contextmanager
def tempdir(*args, **kwargs):
    """Context manager to provide a temporary test folder."""
    import shutil
    import tempfile
    folder = tempfile.mkdtemp(*args, **kwargs)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def temppath(*args, **kwargs):
    """Context manager for temporary files."""
    import tempfile
    handle, path = tempfile.mkstemp(*args, **kwargs)
    os.close(handle)
    try:
        yield path
    finally:
        os.remove(path)


# ---- running code ----------------------------------------------------------------------------------------------------------

def runstring(astr, dict):
    """Runs a piece of source in a namespace."""
    exec(astr, dict)


def measure(code_str, times=1, label=None):
    """Seconds that running a piece of source of the caller's takes."""
    frame = sys._getframe(1)
    code = compile(code_str, f'Test name: {label} ', 'exec')
    begin = jiffies()
    for _ in range(times):
        exec(code, frame.f_globals, frame.f_locals)
    return 0.01 * (jiffies() - begin)


def rundocs(filename=None, raise_on_error=True):
    """Run doctests found in the given file."""
    import doctest
    import importlib.util
    if filename is None:
        filename = sys._getframe(1).f_globals['__file__']
    spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(filename))[0], filename)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    runner = doctest.DocTestRunner(verbose=False)
    said = []
    for test in doctest.DocTestFinder().find(module):
        runner.run(test, out=said.append)
    if runner.failures > 0 and raise_on_error:
        raise AssertionError('Some doctests failed:\n' + '\n'.join(said))


def decorate_methods(cls, decorator, testmatch=None):
    """Apply a decorator to all methods in a class matching a regular expression."""
    import re
    import types
    pattern = re.compile(rf'(?:^|[\\b_\\.{os.sep}-])[Tt]est' if testmatch is None else testmatch)
    for name, function in list(vars(cls).items()):
        if isinstance(function, types.FunctionType) and not name.startswith('_') and pattern.search(name):
            setattr(cls, name, decorator(function))


def run_threaded(func, max_workers=8, pass_count=False, pass_barrier=False, outer_iterations=1, prepare_args=None):
    """Runs a function many times in parallel"""
    import concurrent.futures
    import threading
    for _ in range(outer_iterations):
        with concurrent.futures.ThreadPoolExecutor(max_workers=max_workers) as pool:
            args = [] if prepare_args is None else list(prepare_args())
            if pass_barrier:
                args.append(threading.Barrier(max_workers))
            tasks = [pool.submit(func, *([i] if pass_count else []), *args) for i in range(max_workers)]
            for task in tasks:
                task.result()


def _no_tracing(func):
    """Decorator to temporarily turn off tracing for the duration of a test."""
    @functools.wraps(func)
    def wrapped(*args, **kwargs):
        tracer = sys.gettrace()
        try:
            sys.settrace(None)
            return func(*args, **kwargs)
        finally:
            sys.settrace(tracer)
    return wrapped


# ---- the machine -----------------------------------------------------------------------------------------------------------

def jiffies():
    """Hundredths of seconds that this process has been scheduled in user mode."""
    with open('/proc/self/stat') as file:
        return int(file.read().rpartition(')')[2].split()[11])


def memusage():
    """Virtual memory size of this process in bytes."""
    with open('/proc/self/stat') as file:
        return int(file.read().rpartition(')')[2].split()[20])


def _glibc_older_than(version):
    kind, found = platform.libc_ver()
    return kind == 'glibc' and [int(n) for n in found.split('.')] < [int(n) for n in version.split('.')]


def check_support_sve():
    """Whether the processor has Arm's scalable vectors."""
    try:
        with open('/proc/cpuinfo') as file:
            return any('Features' in line and ' sve' in line for line in file)
    except OSError:
        return False


def _parse_size(text):
    import re
    powers = {'': 1, 'b': 1, 'k': 1000, 'm': 1000 ** 2, 'g': 1000 ** 3, 't': 1000 ** 4, 'kb': 1000, 'mb': 1000 ** 2, 'gb': 1000 ** 3, 'tb': 1000 ** 4,
              'kib': 1024, 'mib': 1024 ** 2, 'gib': 1024 ** 3, 'tib': 1024 ** 4}
    found = re.match(rf'^\s*(\d+|\d+\.\d+)\s*({"|".join(powers)})\s*$', text, re.I)
    if not found or found.group(2) not in powers and found.group(2).lower() not in powers:
        raise ValueError(f'value {text!r} not a valid size')
    return int(float(found.group(1)) * powers[found.group(2).lower()])


def _get_mem_available():
    """Bytes of memory that can be had."""
    try:
        with open('/proc/meminfo') as file:
            for line in file:
                if line.lower().startswith('memavailable:'):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def check_free_memory(free_bytes):
    """Why a test that needs so much memory should not run; None if it may."""
    named = os.environ.get('NPY_AVAILABLE_MEM')
    if named is not None:
        try:
            available = _parse_size(named)
        except ValueError as error:
            raise ValueError(f'Invalid environment variable NPY_AVAILABLE_MEM: {error}') from None
        text = f'{free_bytes / 1e9} GB memory required, but environment variable NPY_AVAILABLE_MEM={named} set'
    else:
        available = _get_mem_available()
        if available is None:
            return 'Could not determine available memory; set NPY_AVAILABLE_MEM environment variable (e.g. NPY_AVAILABLE_MEM=16GB) to run the test.'
        text = f'{free_bytes / 1e9} GB memory required, but {available / 1e9} GB available'
    return text if available < free_bytes else None


def requires_memory(free_bytes):
    """Decorator to skip a test if not enough memory is available"""
    def decorate(func):
        @functools.wraps(func)
        def wrapped(*args, **kwargs):
            import pytest
            reason = check_free_memory(free_bytes)
            if reason is not None:
                pytest.skip(reason)
            try:
                return func(*args, **kwargs)
            except MemoryError:
                pytest.xfail('MemoryError raised')
        return wrapped
    return decorate


def _assert_valid_refcount(op):
    """Check that ufuncs don't mishandle refcount of object `1`."""
    import gc
    shape = 100, 100
    b = np.arange(100 * 100, dtype=object).reshape(*shape)
    c = b
    i = 1
    gc.disable()
    try:
        before = sys.getrefcount(i)
        for _ in range(15):
            d = op(b, c)
        assert_(sys.getrefcount(i) >= before)
    finally:
        gc.enable()
    del d


def _gen_alignment_data(dtype=np.float32, type='binary', max_size=24):
    """Arrays at all small offsets and sizes, with a text about each: (out, in1[, in2], text)."""
    text = 'unary offset=(%d, %d), size=%d, dtype=%r, %s' if type == 'unary' else 'binary offset=(%d, %d, %d), size=%d, dtype=%r, %s'
    for o in range(3):
        for s in range(o + 2, max(o + 3, max_size)):
            def data():
                return np.arange(s, dtype=dtype)[o:]
            out = np.empty((s,), dtype=dtype)[o:]
            if type == 'unary':
                yield out, data(), text % (o, o, s, dtype, 'out of place')
                same = data()
                yield same, same, text % (o, o, s, dtype, 'in place')
                yield out[1:], data()[:-1], text % (o + 1, o, s - 1, dtype, 'out of place')
                yield out[:-1], data()[1:], text % (o, o + 1, s - 1, dtype, 'out of place')
                yield data()[:-1], data()[1:], text % (o, o + 1, s - 1, dtype, 'aliased')
                yield data()[1:], data()[:-1], text % (o + 1, o, s - 1, dtype, 'aliased')
            else:
                yield out, data(), data(), text % (o, o, o, s, dtype, 'out of place')
                same = data()
                yield same, same, data(), text % (o, o, o, s, dtype, 'in place1')
                same = data()
                yield same, data(), same, text % (o, o, o, s, dtype, 'in place2')
                yield out[1:], data()[:-1], data()[:-1], text % (o + 1, o, o, s - 1, dtype, 'out of place')
                yield out[:-1], data()[1:], data()[:-1], text % (o, o + 1, o, s - 1, dtype, 'out of place')
                yield out[:-1], data()[:-1], data()[1:], text % (o, o, o + 1, s - 1, dtype, 'out of place')
                yield data()[1:], data()[:-1], data()[:-1], text % (o + 1, o, o, s - 1, dtype, 'aliased')
                yield data()[:-1], data()[1:], data()[:-1], text % (o, o + 1, o, s - 1, dtype, 'aliased')
                yield data()[:-1], data()[:-1], data()[1:], text % (o, o, o + 1, s - 1, dtype, 'aliased')
