"""How the array engine was built."""

import _numpy


def _told():
    return {'SIMD Extensions': {'found': [_numpy._instruction_set()]},
            'Build Dependencies': {'blas': {'name': 'openblas', 'found': True}, 'lapack': {'name': 'openblas', 'found': True}}}


def show(mode='stdout'):
    """Show libraries and system information on which NumPy was built and is being used"""
    if mode == 'dicts':
        return _told()
    if mode != 'stdout':
        raise AttributeError('Invalid `mode`, use one of: stdout, dicts')
    print(f"Adder's array engine, kernels for {_numpy._instruction_set()}")


show_config = show
