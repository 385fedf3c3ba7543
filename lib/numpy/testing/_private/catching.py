"""Assertions about warnings and reference cycles, and context managers that catch warnings."""

import contextlib
import functools
import gc
import re
import warnings


def _context_or_call(make, args, kwargs):
    """A context manager, or the result of calling args[0] in it."""
    if not args:
        return make()
    function, *args = args
    with make():
        return function(*args, **kwargs)


@contextlib.contextmanager
def _warns(category, name=None):
    __tracebackhide__ = True
    with suppress_warnings() as catcher:
        seen = catcher.record(category)
        yield
        if not seen:
            raise AssertionError('No warning raised' + (f' when calling {name}' if name else ''))


def assert_warns(warning_class, *args, **kwargs):
    """Fail unless the given callable throws the specified warning."""
    if not args and kwargs.keys() - {'match'}:
        raise RuntimeError('assert_warns(...) needs at least one arg')
    if not args and kwargs:
        raise RuntimeError("assert_warns does not use 'match' kwarg, use pytest.warns instead")
    return _context_or_call(lambda: _warns(warning_class, args[0].__name__ if args else None), args, kwargs)


@contextlib.contextmanager
def _quiet(name=None):
    __tracebackhide__ = True
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('always')
        yield
        if seen:
            raise AssertionError(f'Got warnings{f" when calling {name}" if name else ""}: {seen}')


def assert_no_warnings(*args, **kwargs):
    """Fail if the given callable produces any warnings."""
    return _context_or_call(lambda: _quiet(args[0].__name__ if args else None), args, kwargs)


def break_cycles():
    """Break reference cycles by calling gc.collect"""
    gc.collect()


@contextlib.contextmanager
def _without_cycles(name=None):
    gc.disable()
    flags = gc.get_debug()
    try:
        for _ in range(100):
            if gc.collect() == 0:
                break
        else:
            raise RuntimeError('Unable to fully collect garbage - perhaps a __del__ method is creating more reference cycles?')
        gc.set_debug(gc.DEBUG_SAVEALL)
        yield
        found = gc.collect()
        left = gc.garbage[:]
    finally:
        gc.garbage.clear()
        gc.set_debug(flags)
        gc.enable()
    if found:
        described = ''.join(f'\n  {type(o).__name__} object with id={id(o)}' for o in left)
        raise AssertionError(f'Reference cycles were found{f" when calling {name}" if name else ""}: {found} objects were collected, of which '
                             f'{len(left)} are shown below:{described}')


def assert_no_gc_cycles(*args, **kwargs):
    """Fail if the given callable produces any reference cycles."""
    return _context_or_call(lambda: _without_cycles(args[0].__name__ if args else None), args, kwargs)


class clear_and_catch_warnings(warnings.catch_warnings):
    """Context manager that resets warning registry for catching warnings"""

    class_modules = ()

    def __init__(self, record=False, modules=()):
        self.modules = set(modules).union(self.class_modules)
        self._registries = {}
        super().__init__(record=record)

    def __enter__(self):
        for module in self.modules:
            registry = getattr(module, '__warningregistry__', None)
            if registry is not None:
                self._registries[module] = registry.copy()
                registry.clear()
        return super().__enter__()

    def __exit__(self, *exc):
        super().__exit__(*exc)
        for module in self.modules:
            registry = getattr(module, '__warningregistry__', None)
            if registry is not None:
                registry.clear()
            if module in self._registries:
                registry.update(self._registries[module])


class suppress_warnings:
    """Context manager and decorator doing much the same as ``warnings.catch_warnings``, but with filters that can be added on the way."""

    def __init__(self, forwarding_rule='always'):
        if forwarding_rule not in ('always', 'module', 'once', 'location'):
            raise ValueError('unsupported forwarding rule.')
        self._forwarding = forwarding_rule
        self._lasting, self._added, self._entered = [], [], False
        self.log = []

    def _add(self, category, message, module, log):
        rule = (category, re.compile(message, re.I) if message else None, module, log)
        (self._added if self._entered else self._lasting).append(rule)
        if self._entered:
            self._seen_in(module)
            warnings.filterwarnings('always', category=category, message=message)
        return log

    def _seen_in(self, module):
        if module is not None and hasattr(module, '__warningregistry__'):
            self._registries.setdefault(module, module.__warningregistry__.copy())
            module.__warningregistry__.clear()

    def filter(self, category=Warning, message='', module=None):
        """Add a new suppressing filter or apply it if the state is entered."""
        self._add(category, message, module, None)

    def record(self, category=Warning, message='', module=None):
        """Append a new recording filter or apply it if the state is entered."""
        return self._add(category, message, module, [])

    def __enter__(self):
        if self._entered:
            raise RuntimeError('cannot enter suppress_warnings twice.')
        self._catcher = warnings.catch_warnings()
        self._catcher.__enter__()
        self._entered, self._added, self._registries, self._told = True, [], {}, set()
        self.log = []
        for category, pattern, module, log in self._lasting:
            if log is not None:
                log.clear()
            self._seen_in(module)
            warnings.filterwarnings('always', category=category, message=pattern.pattern if pattern else '')
        self._show, self._told_already = warnings.showwarning, False
        warnings.showwarning = self._receive
        return self

    def __exit__(self, *exc):
        self._catcher.__exit__(*exc)
        for module, registry in self._registries.items():
            module.__warningregistry__.clear()
            module.__warningregistry__.update(registry)
        self._entered, self._added = False, []

    def _receive(self, message, category, filename, lineno, *args, **kwargs):
        for kind, pattern, module, log in (self._lasting + self._added)[::-1]:
            if not issubclass(category, kind) or pattern is not None and pattern.match(str(message)) is None:
                continue
            if module is not None and not (getattr(module, '__file__', None) or '\0').startswith(filename):
                continue
            if log is not None:
                found = warnings.WarningMessage(message, category, filename, lineno, *args, **kwargs)
                self.log.append(found)
                log.append(found)
            return
        # No rule: on to who was told before, as often as the forwarding rule says.
        text = message.args if isinstance(message, Warning) else message
        told = {'always': None, 'module': (text, category, filename), 'once': (text, category), 'location': (text, category, filename, lineno)}[self._forwarding]
        if told is not None:
            if told in self._told:
                return
            self._told.add(told)
        self._show(message, category, filename, lineno, *args, **kwargs)

    def __call__(self, function):
        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            with self:
                return function(*args, **kwargs)
        return wrapped
