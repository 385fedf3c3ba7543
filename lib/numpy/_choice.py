"""Which numpy a process uses: the built-in one, unless an installed one is asked for or belongs to the environment."""

import sys


def _wish():
    """'builtin' or 'installed', where it was said: -X numpy, $ADDER_NUMPY, a line of the environment's pyvenv.cfg; else None."""
    wish, where = sys._xoptions.get('numpy'), '-X numpy='
    if wish is None:
        import os
        if not sys.flags.ignore_environment:
            wish, where = os.environ.get('ADDER_NUMPY') or None, 'ADDER_NUMPY='
        if wish is None and sys.prefix != sys.base_prefix:
            where = 'pyvenv.cfg: numpy = '
            try:
                with open(f'{sys.prefix}/pyvenv.cfg', encoding='utf-8') as file:
                    for line in file:
                        key, _, value = line.partition('=')
                        if key.strip().lower() == 'numpy':
                            wish = value.strip().lower()
            except OSError:
                pass
    if wish not in (None, 'builtin', 'installed'):
        raise ImportError(f"{where}{wish}: expected 'builtin' or 'installed'")
    return wish


def _environment_path():
    """The site-packages folder of the virtual environment we run in; None outside of one."""
    if sys.prefix == sys.base_prefix:
        return None
    return f'{sys.prefix}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages'


def installed_numpy():
    """Where the installed numpy that shall be used lies, as a search path; None for the built-in one."""
    wish = _wish()
    if wish == 'builtin':
        return None
    if wish == 'installed':
        own = __file__.rpartition('/numpy/')[0]
        return [path for path in sys.path if path != own]
    folder = _environment_path()
    if folder is not None:
        import os
        if os.path.isfile(f'{folder}/numpy/__init__.py'):
            return [folder]
    return None


def load_installed(path):
    """Puts the installed numpy in the place of the built-in one."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec
    spec = PathFinder.find_spec('numpy', path)
    if spec is None or spec.loader is None:
        raise ImportError('an installed numpy was asked for, but none is installed')
    import os
    os.environ.setdefault('ADDER_NUMPY', 'installed')  # processes that we start (multiprocessing) use the same one
    module = module_from_spec(spec)
    for name in [n for n in sys.modules if n == 'numpy' or n.startswith('numpy.')]:
        del sys.modules[name]
    sys.modules['numpy'] = module
    spec.loader.exec_module(module)
