"""Which numpy a process uses: the built-in one, unless an installed one is asked for or belongs to the environment."""

import sys


def _environment_path():
    """The site-packages folder of the virtual environment we run in; None outside of one."""
    if sys.prefix == sys.base_prefix:
        return None
    return f'{sys.prefix}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages'


def installed_numpy():
    """Where the installed numpy that shall be used lies, as a search path; None for the built-in one."""
    wish = sys._xoptions.get('numpy')
    if wish == 'builtin':
        return None
    own = __file__.rpartition('/numpy/')[0]
    if wish == 'installed':
        return [path for path in sys.path if path != own]
    if wish is not None:
        raise ImportError(f"-X numpy={wish}: expected 'builtin' or 'installed'")
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
        raise ImportError('-X numpy=installed: no numpy is installed')
    module = module_from_spec(spec)
    for name in [n for n in sys.modules if n == 'numpy' or n.startswith('numpy.')]:
        del sys.modules[name]
    sys.modules['numpy'] = module
    spec.loader.exec_module(module)
