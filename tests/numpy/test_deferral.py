# requires: numpy
"""Array expressions whose temporaries nobody sees run as one program. The results, layout, warnings and errors are those of
the operations one by one, whatever happens in between."""

import os
import random
import sys
import threading
import unittest
import warnings

import numpy as np

try:
    from _numpy import deferral_counts
except ImportError:
    deferral_counts = None


def same(a, b):
    if type(a) is not type(b) or a.dtype != b.dtype or a.shape != b.shape or a.strides != b.strides:
        return False
    if a.dtype.kind in 'fc':
        return np.array_equal(a, b, equal_nan=True) and np.array_equal(np.signbit(a.real), np.signbit(b.real)) | bool(np.isnan(a).any())
    return np.array_equal(a, b)


class Programs:
    """Random expressions: as one line, and operation by operation through named variables."""

    OPERATORS = ['+', '-', '*', '/', '<', '>=', '==', '&', '|', '**2', 'neg', 'np.sqrt', 'np.exp', 'np.abs', 'np.maximum', 'np.where', 'np.sin', '+1', '*2.5',
                 '.astype', 'np.clip', '.clip', 'np.round', '.conj', 'column', 'row', 'np.where']

    def __init__(self, seed):
        self.seed = seed
        self.random = random.Random(seed)
        self.names = {}
        self.lines = []
        self.count = 0
        rows, columns = self.random.choice([(1, 9000), (97, 131), (300, 40), (2, 8192), (11, 13), (3000, 3), (1100, 8), (5, 3000)])
        self.shape = (columns,) if rows == 1 else (rows, columns)
        self.masked = self.random.random() < 0.25  # every leaf is what a mask chooses
        if self.masked:
            generator = random.Random(seed)
            density = self.random.choice([0.5, 0.98, 0.9])
            self.names['m'] = np.resize(np.array([generator.random() < density for _ in range(997)]), self.shape)

    def array(self):
        r = self.random
        shape = self.shape if r.random() < 0.8 or len(self.shape) == 1 or self.masked else (self.shape[-1],)
        dtype = r.choice(['float64', 'float64', 'float32', 'int64', 'bool', 'complex128', 'int16'])
        generator = random.Random(r.random())
        size = int(np.prod(shape))
        values = [generator.choice([0.0, -0.0, 1.0, -1.5, 3.25, 1e300, float('inf'), float('nan'), 7.0]) if generator.random() < 0.1
                  else generator.uniform(-100, 100) for _ in range(min(size, 211))]
        if dtype not in ('float64', 'float32', 'complex128'):
            values = [int(v) if abs(v) < 1000 else 3 for v in (0.0 if v != v else v for v in values)]
        flat = np.resize(np.array(values, dtype='float64' if dtype == 'complex128' else None), size)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            a = flat.astype(dtype).reshape(shape)
            if dtype == 'complex128':
                a = a + 1j * a[::-1]
        form = r.random()
        if form < 0.15 and len(shape) == 2:
            a = a.T.copy().T
        elif form < 0.25:
            wide = np.zeros((*shape[:-1], shape[-1] * 2), dtype=a.dtype)
            wide[..., ::2] = a
            a = wide[..., ::2]
        elif form < 0.3:
            a = a[::-1]
        name = f'a{len(self.names)}'
        self.names[name] = a
        return name

    def temporary(self, text):
        name = f't{self.count}'
        self.count += 1
        self.lines.append(f'{name} = now({text})')
        return name

    def expression(self, depth):
        """The expression's text, and the name of the variable that holds its value in the other form."""
        r = self.random
        if depth == 0:
            if r.random() < 0.1:
                number = r.choice(['2', '0.5', 'np.float32(1.5)', 'True'])
                return number, number
            name = r.choice(list(self.names)) if self.names and r.random() < 0.4 else self.array()
            return (f'{name}[m]', self.temporary(f'{name}[m]')) if self.masked else (name, name)
        op = r.choice(self.OPERATORS)
        x, named_x = self.expression(depth - 1)
        if op == 'neg':
            return f'(-({x}))', self.temporary(f'-{named_x}')
        if op == '**2':
            return f'(({x}) ** 2)', self.temporary(f'{named_x} ** 2')
        if op in ('+1', '*2.5'):
            return f'(({x}) {op[0]} {op[1:]})', self.temporary(f'{named_x} {op[0]} {op[1:]}')
        if op in ('np.sqrt', 'np.exp', 'np.abs', 'np.sin'):
            return f'{op}({x})', self.temporary(f'{op}({named_x})')
        if op in ('.astype', '.clip', '.conj', 'np.clip', 'np.round'):
            arguments = {'.astype': r.choice(["'float32'", 'float', 'int', "'int16'", 'np.float64', 'bool']), '.clip': r.choice(['-1, 4', '0', 'None, 2.5']),
                         'np.clip': '-2, 50', 'np.round': r.choice(['0', '1', '-1']), '.conj': ''}[op]
            if op[0] == '.':
                return f'({x}){op}({arguments})', self.temporary(f'({named_x}){op}({arguments})')
            return f'{op}({x}, {arguments})', self.temporary(f'{op}({named_x}, {arguments})')
        if op in ('column', 'row'):
            fold = r.choice(['max', 'sum', 'mean'])
            axis = 'axis=-1, keepdims=True' if op == 'column' else 'axis=0'
            leaf, _ = self.expression(0)
            return f'({x} - np.{fold}({leaf}, {axis}))', self.temporary(f'{named_x} - ' + self.temporary(f'np.{fold}({leaf}, {axis})'))
        y, named_y = self.expression(r.randrange(depth))
        if op == 'np.maximum':
            return f'{op}({x}, {y})', self.temporary(f'{op}({named_x}, {named_y})')
        if op == 'np.where':
            c, named_c = self.expression(0)
            named_c = self.temporary(f'{named_c} == 1')
            return f'np.where(({c} == 1), {x}, {y})', self.temporary(f'np.where({named_c}, {named_x}, {named_y})')
        return f'(({x}) {op} ({y}))', self.temporary(f'{named_x} {op} {named_y}')

    def run(self, body):
        source = f'def f({", ".join([*self.names, "out"])}):\n' + ''.join(f'    {line}\n' for line in body)
        space = {'np': np, 'now': now}
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            exec(source, space)
        out = np.zeros(self.shape)
        copies = [a.copy(order='K') if a.base is None else a for a in self.names.values()]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            try:
                result = space['f'](*copies, out)
            except (TypeError, ValueError, IndexError, AttributeError, NotImplementedError) as e:
                result = (type(e), str(e))
        return result, out, [str(w.message) for w in caught], source

    def compare(self, test):
        r = self.random
        text, name = self.expression(1 + r.randrange(4))
        axis = r.choice(['axis=0', 'axis=-1', 'axis=None', f'axis={tuple(range(len(self.shape)))}', 'axis=0, keepdims=True', 'axis=-1, keepdims=True', '0', '-1', ''])
        fold = r.choice(['sum', 'prod', 'max', 'min', 'any', 'all', 'mean', 'std', 'var', 'argmax', 'argmin', 'sum', 'mean', 'std', 'max', 'argmin'])
        if 'arg' in fold and '(' in axis:
            axis = 'axis=0'
        ending = r.choice(['return {}', f'return ({{}}).{fold}({axis})', f'return np.{fold}({{}}, {axis})', f'return ({{}}).{fold}({axis})',
                           f'return np.{fold}({{}}, {axis})', 'return np.count_nonzero({})', 'return ({} > 0).mean()', 'return np.mean({} == 1, axis=-1)',
                           'return out[{} > 0]', 'out[{} > 0] = 5', 'out -= {}', 'return np.sum({}, dtype=float)', 'return {}', 'out[...] = {}', 'out[1:] = ({})[1:]', 'out += {}', 'return ({}).sum()', 'return ({}).max()',
                           'return ({}).mean()', 'return np.sum({})', 'return (({}) > 0).any()', 'return ({}).std()'])
        if self.masked:
            ending = r.choice(['out[m] = {}', 'out[m] += {}', f'return ({{}}).{fold}()', 'return {}', ending])
        elif r.random() < 0.1:
            array = r.choice(['out', *self.names])
            ending = r.choice(['return out[{} > 0].sum()', f'return {array}[{{}} > 0].mean()', f'return np.exp({array}[{{}} >= 1]).sum()'])
        fused, out_fused, told_fused, source = self.run([ending.format(text)])
        plain, out_plain, told_plain, other = self.run(self.lines + [ending.format(name)])
        with test.subTest(seed=self.seed, source=source, other=other):
            test.assertEqual(told_fused, told_plain)
            if isinstance(plain, tuple) or isinstance(fused, tuple):
                test.assertEqual(fused, plain)
            elif plain is not None and hasattr(plain, 'dtype'):
                test.assertTrue(same(fused, plain), (fused, plain))
            test.assertTrue(same(out_fused, out_plain))


class RandomPrograms(unittest.TestCase):
    def test_equal_the_operations_one_by_one(self):
        first = int(os.environ.get('ADDER_FIRST', 0))
        for seed in range(first, first + int(os.environ.get('ADDER_PROGRAMS', 300))):
            Programs(seed).compare(self)


def now(value):
    """What is passed to a function is computed before."""
    return value


class Region:
    """Random functions of several statements: as they are, and with each operation passed to a function, so that nothing waits. Both have the same
    lines, so their warnings must name the same ones."""

    def __init__(self, seed):
        self.seed = seed
        self.random = r = random.Random(seed)
        self.shape = r.choice([(9000,), (9000,), (97, 131), (300, 40), (5000, 3), (13,)])
        self.arrays = {}
        generator = random.Random(seed)
        for i in range(r.randrange(1, 4)):
            dtype = r.choice(['float64', 'float64', 'float64', 'float32', 'int64', 'int32', 'bool'])
            values = [generator.choice([0.0, -1.0, 1e200, float('inf'), float('nan')]) if generator.random() < 0.02 else generator.uniform(-9, 9) for _ in range(53)]
            if dtype[0] in 'ib':
                values = [int(v) if abs(v) < 100 else 1 for v in values if v == v]
            with np.errstate(over='ignore'):
                self.arrays[f'a{i}'] = np.resize(np.array(values), self.shape).astype(dtype)
        self.arrays['mask'] = np.resize(np.array([generator.random() < 0.97 for _ in range(61)]), self.shape)
        self.kept = r.random() < 0.15
        self.statements = self.block(r.randrange(2, 9), list(self.arrays), 0)
        names = self.known
        self.statements.append(([f'return {", ".join(r.sample(names, min(len(names), r.randrange(1, 4))))},'],) * 2)

    def expression(self, names, depth):
        r = self.random
        if depth == 0 or r.random() < 0.15:
            if r.random() < 0.15:
                text = r.choice(['2', '0.5', '-1', 'np.float32(1.5)'])
                return text, text
            name = r.choice(names)
            return name, name
        form = r.choice(['binary'] * 6 + ['ufunc', 'ufunc', 'where', 'compare', 'negate', 'method', 'fold', 'reverse', 'attribute', 'item', 'call'])
        x, now_x = self.expression(names, depth - 1)
        if form == 'binary':
            y, now_y = self.expression(names, r.randrange(depth))
            op = r.choice(['+', '-', '*', '/', '**2 +', '&', '//'] if r.random() < 0.2 else ['+', '-', '*', '/'])
            return f'({x} {op} {y})', f'now({now_x} {op} {now_y})'
        if form == 'ufunc':
            f = r.choice(['np.sqrt', 'np.exp', 'np.abs', 'np.sin', 'np.log', 'np.isfinite'])
            return f'{f}({x})', f'now({f}({now_x}))'
        if form == 'where':
            y, now_y = self.expression(names, 0)
            c, now_c = self.expression(names, 0)
            return f'np.where({c} > 0, {x}, {y})', f'now(np.where(now({now_c} > 0), {now_x}, {now_y}))'
        if form == 'compare':
            return f'({x} > 0.5)', f'now({now_x} > 0.5)'
        if form == 'negate':
            return f'(-({x} * 1))', f'now(-now({now_x} * 1))'
        if form == 'method':
            m = r.choice([".astype('float32')", '.clip(-2, 3)', '.astype(float)', '.round(1)', '.conj()', '.copy()'])
            return f'({x} * 1){m}', f'now(now({now_x} * 1){m})'
        if form == 'fold':
            m = r.choice(['.sum()', '.max()', '.mean()', '.any()', '.std()', '.sum(axis=-1, keepdims=True)', '.max(axis=0)'])
            return f'(({x} * 1){m} + {names[0]})', f'now(now(now({now_x} * 1){m}) + {names[0]})'
        if form == 'reverse':
            return f'({x} + {names[0]}[::-1])', f'now({now_x} + {names[0]}[::-1])'
        if form == 'attribute':
            return f'({x} + {names[0]}.ndim)', f'now({now_x} + {names[0]}.ndim)'
        if form == 'item':
            name = r.choice(names)
            return f'({x} + two[0] + two[1])', f'now(now({now_x} + two[0]) + two[1])'
        name = r.choice(names)
        return f'({x} * change({name}))', f'now({now_x} * change({name}))'

    def block(self, length, names, depth):
        """Statements as pairs of lists of lines; `known` are the names that are bound behind them."""
        r = self.random
        statements = []
        names = list(names)
        for _ in range(length):
            form = r.choice(['assign'] * 9 + ['alias', 'augment', 'augment', 'store', 'store', 'masked', 'fold', 'look', 'loop', 'branch', 'errstate', 'try', 'scalar', 'pair', 'other'])
            x, now_x = self.expression(names, r.randrange(1, 4))
            fresh = r.choice(['x', 'y', 'z', 'u', 'v', 'w', 'p', 'q'])
            if form == 'assign':
                lines = [f'{fresh} = {x}'], [f'{fresh} = {now_x}']
                names.append(fresh)
            elif form == 'alias':
                name = r.choice(names)
                lines = ([f'{fresh} = {name}'],) * 2
                names.append(fresh)
            elif form == 'augment':
                name, op = r.choice(names), r.choice(['+=', '*=', '-='])
                lines = [f'{name} {op} {x}'], [f'{name} {op} {now_x}']
            elif form == 'store':
                name, key = r.choice(names), r.choice(['...', '1:', ':-1', '::2'])
                slice_ = '' if key == '...' else f'[{key}]'
                if slice_ and r.random() < 0.5:
                    other = r.choice(names)
                    shifted = {'1:': ':-1', ':-1': '1:', '::2': '::2'}[key]
                    lines = [f'{name}[{key}] = {other}[{shifted}] * 0.5 + {name}[{key}]'], [f'{name}[{key}] = now(now({other}[{shifted}] * 0.5) + {name}[{key}])']
                else:
                    lines = [f'{name}[{key}] = ({x} * 1){slice_}'], [f'{name}[{key}] = now({now_x} * 1){slice_}']
            elif form == 'masked':
                name, other = r.choice(names), r.choice(names)
                lines = r.choice([([f'{name}[mask] = {other}[mask] * 2 + {name}[mask]'], [f'{name}[mask] = now(now(now({other}[mask]) * 2) + now({name}[mask]))']),
                                  ([f'{fresh} = ({other}[mask] * 2).sum() + {name}'], [f'{fresh} = now(now(now({other}[mask]) * 2).sum() + {name})']),
                                  ([f'{fresh} = {other}[mask]; {fresh} = ({fresh} * {fresh}).max() + {name}'], [f'{fresh} = now({other}[mask]); {fresh} = now(now({fresh} * {fresh}).max() + {name})'])])
                names.append(fresh) if fresh in lines[0][0].split()[0] else None
            elif form == 'fold':
                name, m = r.choice(names), r.choice(['sum', 'max', 'mean', 'std', 'argmax', 'all'])
                lines = [f'{fresh} = {name} + {name}.{m}()'], [f'{fresh} = now({name} + now({name}.{m}()))']
                names.append(fresh)
            elif form == 'look':
                lines = (r.choice([['seen.append(sorted(locals()))'], [f'seen.append(type({r.choice(names)}).__name__)'], ['seen.append(frame())'],
                                   [f'seen.append({r.choice(names)}.shape)'], ['seen.append(1)']]),) * 2
            elif form in ('loop', 'branch', 'errstate', 'try') and depth < 2:
                head = {'loop': f'for i{depth} in range({r.randrange(1, 7)}):', 'branch': r.choice(['if len(seen) >= 0:', 'if two[0]:']),
                        'errstate': f'with np.errstate({r.choice(["divide", "invalid", "over"])}={r.choice(["ignore", "raise", "warn"])!r}):', 'try': 'try:'}[form]
                inner = self.block(r.randrange(1, 4), names, depth + 1)
                if form == 'try':
                    if r.random() < 0.5:
                        inner.append((['1 / 0'],) * 2)
                lines = tuple([head, *('    ' + line for pair in inner for line in pair[k])] for k in range(2))
                if form == 'try':
                    for side in lines:
                        side.append(r.choice(['except (ZeroDivisionError, FloatingPointError): seen.append(2)', 'except (ZeroDivisionError, FloatingPointError) as e: seen.append(str(e))']))
                    lines[1][-1] = lines[0][-1]
                if form != 'try':
                    names = self.known
            elif form == 'scalar':
                lines = (['n = len(seen)', 'n += 1'],) * 2
            elif form == 'pair':
                y, now_y = self.expression(names, 1)
                lines = [f'{fresh}, {fresh}2 = {x}, {y}'], [f'{fresh}, {fresh}2 = {now_x}, {now_y}']
                names += [fresh, fresh + '2']
            else:
                lines = [f'{fresh} = np.multiply({x}, 2)'], [f'{fresh} = now(np.multiply({now_x}, 2))']
                names.append(fresh)
            statements.append(lines)
        self.known = names
        return statements

    def source(self, side):
        lines = [line for pair in self.statements for line in pair[side]]
        if self.kept:
            lines.insert(0, 'f = sys._getframe()')
        return f'def f({", ".join(self.arrays)}, two, seen):\n' + ''.join(f'    {line}\n' for line in lines)

    def run(self, side, filters='always'):
        def change(a):
            if isinstance(a, np.ndarray):
                a[..., :5] = a[..., 5:10]
            return 1

        def frame():
            return sorted((k, type(v).__name__) for k, v in sys._getframe(1).f_locals.items() if k not in ('f', 'e'))
        space = {'np': np, 'now': now, 'change': change, 'frame': frame, 'sys': sys}
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            exec(compile(self.source(side), f'<{self.seed}>', 'exec'), space)
        copies = [a.copy() for a in self.arrays.values()]
        seen = []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter(filters)
            try:
                result = space['f'](*copies, (0.25, 3), seen)
            except Exception as e:
                result = (type(e).__name__, str(e))
        return result, copies, seen, [(str(w.message), w.lineno) for w in caught]

    def difference(self):
        """None, or what differs."""
        fused, plain = self.run(0), self.run(1)
        if fused[2:] != plain[2:]:
            return fused[2:], plain[2:]
        if len(fused[0]) != len(plain[0]):
            return fused[0], plain[0]
        for x, y in zip([*fused[0], *fused[1]], [*plain[0], *plain[1]]):
            if type(x) is not type(y) or not (same(x, y) if hasattr(x, 'dtype') else x == y):
                return x, y
        return None

    def shrink(self):
        """Leaves out statements as long as the difference stays."""
        found = self.difference()
        at = 0
        while at < len(self.statements) - 1:
            statement = self.statements.pop(at)
            try:
                less = self.difference()
            except Exception:
                less = None
            if less is None:
                self.statements.insert(at, statement)
                at += 1
            else:
                found = less
        return found


class RandomRegions(unittest.TestCase):
    def test_equal_the_operations_one_by_one(self):
        first = int(os.environ.get('ADDER_FIRST', 0))
        for seed in range(first, first + int(os.environ.get('ADDER_PROGRAMS', 300))):
            region = Region(seed)
            if region.difference() is not None:
                found = region.shrink()
                self.fail(f'seed {seed}:\n{region.source(0)}\n{region.source(1)}\n{found}')


class Deferred(unittest.TestCase):
    def setUp(self):
        self.a = np.arange(20000.0)
        self.b = np.linspace(1, 2, 20000)

    def counted(self, f, *args):
        before = deferral_counts() if deferral_counts else None
        result = f(*args)
        return result, ({k: v - before[k] for k, v in deferral_counts().items() if k != 'bytes'} if before else None)

    def test_an_expression_is_one_program(self):
        result, counts = self.counted(lambda a, b: np.sqrt(a * a + b * b), self.a, self.b)
        self.assertEqual(result[4], np.sqrt(16 + self.b[4] ** 2))
        if counts:
            self.assertEqual(counts, {'programs': 1, 'operations': 4})

    def test_a_fold_ends_a_program(self):
        result, counts = self.counted(lambda a, b: ((a > 3) & (b < 1.5)).sum(), self.a, self.b)
        self.assertEqual(result, 9996)
        if counts:
            self.assertEqual(counts, {'programs': 1, 'operations': 3})

    def test_folds_along_axes_end_a_program(self):
        a, b = self.a.reshape(200, 100), self.b.reshape(200, 100)
        for fold in (lambda x, y: (x * y).sum(axis=0), lambda x, y: np.sum(x * y, axis=1), lambda x, y: np.max(x * y, axis=-1, keepdims=True),
                     lambda x, y: (x * y).argmax(axis=0), lambda x, y: np.argmin(x * y), lambda x, y: np.count_nonzero(x * y), lambda x, y: (x * y).any(1)):
            _, counts = self.counted(fold, a, b)
            if counts:
                self.assertEqual(counts['programs'], 1)
                self.assertEqual(counts['operations'], 1)
        result, counts = self.counted(lambda x, y: (x - y).std(), a, b)
        t = a - b
        t = t - t.mean()
        t = t * t
        self.assertEqual(result, np.sqrt(t.sum() / t.size))
        if counts:
            self.assertEqual(counts, {'programs': 2, 'operations': 4})

    def test_methods_go_on(self):
        result, counts = self.counted(lambda a, b: ((a * b).clip(2, 90).astype('float32') + np.round(a / b, 1)).sum(), self.a, self.b)
        t = (a := self.a * self.b).clip(2, 90)
        t = t.astype('float32')
        u = self.a / self.b
        u = np.round(u, 1)
        t = t + u
        self.assertEqual(result, t.sum())
        if counts:
            self.assertEqual(counts['programs'], 1)

    def test_calls_begin_programs(self):
        c = self.a > 3
        for expression in (lambda a, b: np.where(c, a, b) * 2, lambda a, b: a.clip(0, 7) - b, lambda a, b: np.clip(a, 0, 7) - b,
                           lambda a, b: a.astype('float32') * b, lambda a, b: np.round(a) * b):
            _, counts = self.counted(expression, self.a, self.b)
            if counts:
                self.assertEqual(counts, {'programs': 1, 'operations': 2})

    def test_a_store_ends_a_program(self):
        def step(u):
            u[1:-1] = u[1:-1] + 0.5 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = self.a ** 2
        expected = u.copy()
        expected[1:-1] += 1
        _, counts = self.counted(step, u)
        self.assertTrue(np.array_equal(u, expected))

        def into(out, a, b):
            out[...] = a * b + a
        out = np.empty(20000)
        _, counts = self.counted(into, out, self.a, self.b)
        self.assertTrue(np.array_equal(out, self.a * self.b + self.a))
        if counts:
            self.assertEqual(counts, {'programs': 1, 'operations': 2})

    def test_what_a_mask_chooses_is_not_made(self):
        m = (self.a % 3 > 0) & (self.b < 1.9)
        result, counts = self.counted(lambda a, b: (a[m] * b[m]).sum(), self.a, self.b)
        x, y = self.a[m], self.b[m]
        x = x * y
        self.assertEqual(result, x.sum())
        if counts:
            self.assertEqual(counts, {'programs': 1, 'operations': 3})
        _, counts = self.counted(lambda a: a[a > 3].sum(), self.a)
        if counts:
            self.assertEqual(counts, {'programs': 1, 'operations': 1})

    def test_a_store_under_the_same_mask_ends_a_program(self):
        m = self.a % 7 > 1

        def store(a, b):
            a[m] = a[m] * b[m] + 1
        a, expected = self.a.copy(), self.a.copy()
        _, counts = self.counted(store, a, self.b)
        x, y = expected[m], self.b[m]
        x = x * y
        x = x + 1
        expected[m] = x
        self.assertTrue(np.array_equal(a, expected))
        if counts:
            self.assertEqual(counts, {'programs': 1, 'operations': 4})

        def shifted(a):
            a[1:][m[1:]] = a[:-1][m[1:]] * 2
        x = expected[:-1][m[1:]]
        x = x * 2
        expected[1:][m[1:]] = x
        shifted(a)
        self.assertTrue(np.array_equal(a, expected))

        def over_itself(m, a):
            m[m] = a[m] > 50
        other = m.copy()
        over_itself(other, self.a)
        self.assertTrue(np.array_equal(other, m & (self.a > 50)))

    def test_masks_of_other_truths(self):
        m = np.where(self.a % 3 > 0, 2, 0).astype('uint8').view(bool)
        x = self.a[m]
        self.assertEqual((self.a[m] + 1).sum(), (x + 1).sum())

    def test_small_arrays_are_not_deferred(self):
        small = np.arange(100.0)
        _, counts = self.counted(lambda a: np.sqrt(a * a + a), small)
        if counts:
            self.assertEqual(counts, {'programs': 0, 'operations': 0})

    def test_a_local_sees_an_array(self):
        def f(a, b):
            t = a * b
            return type(t), t + 1
        kind, _ = f(self.a, self.b)
        self.assertIs(kind, np.ndarray)
        self.assertIs(type((self.a * self.b)), np.ndarray)
        self.assertIs([self.a * self.b][0].__class__, np.ndarray)
        kept = {}
        kept['x'] = self.a * self.b
        (keys, values), = kept.items()
        self.assertIs(type(values), np.ndarray)
        cells = [None]
        index = 0
        cells[index] = self.a * self.b
        self.assertIs(type(cells[0]), np.ndarray)

    def test_arguments_are_arrays(self):
        seen = []

        def look(*args, **keywords):
            seen.extend(map(type, args))
            seen.extend(map(type, keywords.values()))
            return 1
        look(self.a * self.b, self.a + 1, k=-self.a)
        seen.append((lambda x: type(x))(self.a * 2))
        seen.append(type((self.a * 2)))
        self.assertEqual(set(seen), {np.ndarray})


@unittest.skipUnless(deferral_counts, 'about Adder alone')
class Watching(unittest.TestCase):
    """-X arrays and adder.arrays: what was fused, and that it is right."""

    def run_adder(self, *options):
        import subprocess
        code = ('import numpy as np\n'
                'a = np.arange(20000.0)\n'
                'def norm(x):\n'
                '    return np.sqrt(x*x + 2*x).sum()\n'
                'norm(a)\n'
                'b = (a > 3) & (a < 7.5)\n')
        return subprocess.run([sys.executable, *options, '-c', code], capture_output=True, text=True)

    def test_the_option_tells_at_the_end(self):
        told = self.run_adder('-X', 'arrays')
        self.assertEqual((told.returncode, told.stdout), (0, ''))
        self.assertIn('7 operations in 2 passes', told.stderr)
        self.assertIn('<string>:4 in norm: sqrt((a0*a0) + (2*a0)), add', told.stderr)
        self.assertIn('<string>:6 in <module>: (a0 > 3) & (a0 < 7.5), array', told.stderr)

    def test_results_are_checked(self):
        self.assertEqual(self.run_adder('-X', 'arrays=check').returncode, 0)

    def test_explain(self):
        from adder import arrays
        a = np.arange(20000.0)
        text = arrays.explain(lambda: (a * a + 1).max())
        self.assertIn('(a0*a0) + 1, maximum', text)
        self.assertIn('2 operations in 1 pass', text)


class Locals(unittest.TestCase):
    """Named intermediate results wait, too, as long as nothing could see or change them."""

    def setUp(self):
        self.a = np.linspace(1, 2, 20000)
        self.b = np.linspace(2, 5, 20000)

    counted = Deferred.counted

    def test_names_are_no_reason_to_compute(self):
        def f(a, b):
            d1 = (np.log(a / b) + 0.5 * b) / np.sqrt(b)
            d2 = d1 - np.sqrt(b)
            unused = d1 * 2
            return d1 * a - d2 * np.exp(b)

        def one_by_one(a, b):
            d1 = now(now(now(np.log(now(a / b))) + now(0.5 * b)) / now(np.sqrt(b)))
            d2 = now(d1 - now(np.sqrt(b)))
            return now(now(d1 * a) - now(d2 * now(np.exp(b))))
        result, counts = self.counted(f, self.a, self.b)
        self.assertTrue(np.array_equal(result, one_by_one(self.a, self.b)))
        if counts:
            self.assertEqual(counts['programs'], 1)

    def test_several_results_of_one_pass(self):
        def f(a, b):
            s = np.sqrt(a * b)
            return s + a, s - b, s
        (p, q, s), counts = self.counted(f, self.a, self.b)
        self.assertTrue(np.array_equal(s, now(np.sqrt(now(self.a * self.b)))))
        self.assertTrue(np.array_equal(p, now(s + self.a)))
        self.assertTrue(np.array_equal(q, now(s - self.b)))
        if counts:
            self.assertEqual(counts['programs'], 1)

    def test_loops(self):
        def f(a, b):
            x = a
            for i in range(20):
                t = x * 0.5
                x = t + b
            return x
        x = self.a
        for i in range(20):
            x = now(now(x * 0.5) + self.b)
        self.assertTrue(np.array_equal(f(self.a, self.b), x))

    def test_frames_show_arrays(self):
        def look():
            return {k: type(v) for k, v in sys._getframe(1).f_locals.items()}

        class Look:
            @property
            def there(self):
                seen.append(look() and {k: type(v) for k, v in sys._getframe(1).f_locals.items()})
                return 1
        seen = []

        def f(a, watcher):
            x = a * 2
            y = x + 1
            z = (x, watcher.there, y + 1)
            seen.append(locals())
            return z
        z = f(self.a, Look())
        self.assertEqual(seen[0], {'a': np.ndarray, 'x': np.ndarray, 'y': np.ndarray, 'watcher': Look, 'seen': list})
        self.assertIs(z[0], seen[1]['x'])
        self.assertEqual([type(v) for v in z], [np.ndarray, int, np.ndarray])

        def g(a):
            frame = sys._getframe()
            x = a * 2
            y = x + 1
            return frame, y + x
        frame, _ = g(self.a)
        self.assertEqual({k: type(v) for k, v in frame.f_locals.items() if k != 'frame'}, {'a': np.ndarray, 'x': np.ndarray, 'y': np.ndarray})

    def test_tracebacks_show_arrays(self):
        def f(a):
            x = a * 2
            y = x + 1
            return y + missing_name
        try:
            f(self.a)
        except NameError as e:
            frame = e.__traceback__.tb_next.tb_frame
        self.assertEqual({k: type(v) for k, v in frame.f_locals.items()}, {'a': np.ndarray, 'x': np.ndarray, 'y': np.ndarray})

    def test_what_is_not_used_warns_too(self):
        def f(a, zero):
            x = a / zero
            y = x * 2
            x = a + 1
            z = x + a
            return z
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            z = f(self.a, np.zeros(20000))
        self.assertEqual([(str(w.message), w.lineno - f.__code__.co_firstlineno) for w in caught], [('divide by zero encountered in divide', 1)])
        self.assertTrue(np.array_equal(z, now(now(self.a + 1) + self.a)))

    def test_writes_come_after_what_reads(self):
        def f(a, b):
            x = a * 2
            y = x + b
            a[...] = y + a
            b += x
            a[1:] = x[:-1] + a[:-1]
            return x, y, x + a
        a, b = self.a.copy(), self.b.copy()
        x, y, z = f(a, b)
        self.assertTrue(np.array_equal(x, now(self.a * 2)))
        self.assertTrue(np.array_equal(y, now(x + self.b)))
        c = now(y + self.a)
        self.assertTrue(np.array_equal(b, now(self.b + x)))
        c[1:] = now(x[:-1] + c[:-1])
        self.assertTrue(np.array_equal(a, c))
        self.assertTrue(np.array_equal(z, now(x + a)))

    def test_other_names_of_one_array(self):
        def f(a):
            x = a * 2
            y = x
            z = x + y
            y += 1
            return x is y, x, z
        same_object, x, z = f(self.a)
        self.assertTrue(same_object)
        self.assertTrue(np.array_equal(x, now(now(self.a * 2) + 1)))
        self.assertTrue(np.array_equal(z, now(self.a * 4)))

    def test_threads_do_not_meet(self):
        results = []

        def work(k):
            a = np.full(60000, float(k))
            for _ in range(30):
                x = a * 2
                y = x + a
                z = x - y
            results.append((k, z.min(), z.max(), y[0], x[-1]))
        threads = [threading.Thread(target=work, args=(k,)) for k in range(5)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(results), [(k, -k, -k, 3 * k, 2 * k) for k in range(5)])


class Order(unittest.TestCase):
    """What happens between an operation and the one that takes its result happens after the operation."""

    def setUp(self):
        self.a = np.ones(20000)
        self.b = np.full(20000, 2.0)

    def test_a_function_that_changes_an_operand(self):
        def change(a):
            a[:] = 100
            return a
        r = self.a * self.b + change(self.a)
        self.assertEqual((r.min(), r.max()), (102, 102))

    def test_a_builtin_that_changes_an_operand(self):
        r = self.a * self.b + self.a.__iadd__(5)
        self.assertEqual((r.min(), r.max()), (8, 8))
        a = self.b.copy()
        r = a * 3 + len([a.fill(7)])
        self.assertEqual((r.min(), r.max()), (7, 7))

    def test_calls_that_write_to_an_operand(self):
        a = self.a.copy()
        r = a * self.b + np.sqrt(self.b * 8, a)
        self.assertEqual((r.min(), r.max()), (6, 6))
        a = self.a.copy()
        r = a * self.b + np.sqrt(self.b * 8, out=a)
        self.assertEqual((r.min(), r.max()), (6, 6))
        a = np.ones((200, 100))
        r = a * 3 + np.sum(np.full((200, 100), 2.0), 0, None, a[0])
        self.assertEqual((r.min(), r.max()), (403, 403))
        a = self.a.copy()
        r = a * 3 + np.clip(self.b, 0, 9, a)
        self.assertEqual((r.min(), r.max()), (5, 5))
        a = self.a.copy()
        r = a * 3 + self.b.round(0, a)
        self.assertEqual((r.min(), r.max()), (5, 5))

    def test_an_operand_with_attributes_that_change_it(self):
        test = self

        class Holder:
            @property
            def value(self):
                test.a[:] = 50
                return 1

            def __getitem__(self, key):
                test.a[:] = 60
                return 1
        r = self.a * self.b + Holder().value
        self.assertEqual(r.max(), 3)
        self.a[:] = 1
        r = self.a * self.b + Holder()[0]
        self.assertEqual(r.max(), 3)

    def test_foreign_operands_see_an_array(self):
        class Foreign:
            __array_ufunc__ = None

            def __radd__(self, other):
                return type(other), float(other[0])

            __rmul__ = __radd__
        self.assertEqual(self.a * self.b + Foreign(), (np.ndarray, 2.0))
        self.assertEqual((self.a - self.b) * Foreign(), (np.ndarray, -1.0))

    def test_in_place_work_reads_operands_first(self):
        a = np.arange(20000.0)
        a[1:] = a[:-1] + a[1:] * 2
        expected = np.arange(20000.0)
        t = expected[1:] * 2
        t = expected[:-1] + t
        expected[1:] = t
        self.assertTrue(np.array_equal(a, expected))
        a += a[::-1] * 2
        t = expected[::-1] * 2
        expected = expected + t
        self.assertTrue(np.array_equal(a, expected))

    def test_an_error_comes_after_earlier_warnings(self):
        zero = np.zeros(20000)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            with self.assertRaises(ValueError):
                self.a / zero + np.ones(7)
            with self.assertRaises(NameError):
                np.sqrt(self.a / zero + missing_name)
        self.assertEqual([str(w.message) for w in caught], ['divide by zero encountered in divide'] * 2)

    def test_an_error_of_a_fold_comes_after_warnings(self):
        zero = np.zeros(20000)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            for fold in (lambda: (self.a / zero).sum(3), lambda: np.mean(self.a / zero, axis=(0, 1)), lambda: np.std(self.a / zero, axis=1), lambda: (self.a / zero).argmax(2)):
                with self.assertRaises(ValueError):
                    fold()
        self.assertEqual([str(w.message) for w in caught], ['divide by zero encountered in divide'] * 4)

    def test_warnings_name_their_line(self):
        zero = np.zeros(20000)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            first = sys._getframe().f_lineno + 1
            (self.a / zero
             + np.sqrt(
                 -self.b)
             + self.a)
        self.assertEqual([(str(w.message), w.lineno - first) for w in caught],
                         [('divide by zero encountered in divide', 0), ('invalid value encountered in sqrt', 1)])

    def test_warnings_that_raise(self):
        zero = np.zeros(20000)
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            with self.assertRaises(RuntimeWarning):
                self.a / zero + self.a
        with np.errstate(divide='raise'):
            with self.assertRaises(FloatingPointError):
                self.a / zero + self.a

    def test_errstate_of_the_operation(self):
        zero = np.zeros(20000)

        def loud():
            np.seterr(divide='warn')
            return 1
        with np.errstate(divide='ignore'), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            self.a / zero + loud()
        self.assertEqual(caught, [])

    def test_generators(self):
        def values(a, b):
            for i in range(3):
                yield a * b + (a - b) * i
        self.assertEqual([v[0] for v in values(self.a, self.b)], [2, 1, 0])

    def test_tracing_changes_nothing(self):
        lines = []

        def tracer(frame, event, argument):
            lines.append(event)
            return tracer

        def f(a, b):
            return np.sqrt(a * a + b * b)
        sys.settrace(tracer)
        try:
            r = f(self.a, self.b)
        finally:
            sys.settrace(None)
        self.assertEqual(r[0], np.sqrt(5.0))
        self.assertIn('line', lines)

    def test_threads(self):
        results = []

        def work(k):
            a, b = np.full(50000, float(k)), np.full(50000, 2.0)
            for _ in range(50):
                r = a * b + a * a - b
            results.append((k, r.min(), r.max()))
        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(results), [(k, k * 2 + k * k - 2, k * 2 + k * k - 2) for k in range(4)])

    def test_memory_that_cannot_be_had(self):
        wide = np.broadcast_to(np.ones((1, 1 << 20)), (1 << 20, 1 << 20))
        with self.assertRaises(MemoryError):
            (wide * 2 + wide)[0]
        self.assertEqual((wide[:1] * 2 + wide[:1]).sum(), 3 << 20)


if __name__ == '__main__':
    unittest.main()
