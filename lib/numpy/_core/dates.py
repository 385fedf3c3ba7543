"""Text of dates, and counting in business days."""

import _numpy as np
from _numpy import asarray, datetime_data

_UNITS = ['Y', 'M', 'W', 'D', 'h', 'm', 's', 'ms', 'us', 'ns', 'ps', 'fs', 'as']


def datetime_as_string(arr, unit=None, timezone='naive', casting='same_kind'):
    """Convert an array of datetimes into an array of strings."""
    a = asarray(arr)
    if a.dtype.kind != 'M':
        raise TypeError('input must have type NumPy datetime')
    own = datetime_data(a.dtype)[0]
    if unit == 'auto':
        wanted = _shortest_unit(a, own)
    else:
        wanted = unit if unit is not None else own
        if wanted not in _UNITS and wanted != 'generic':
            raise TypeError(f'Invalid datetime unit "{wanted}" in metadata')
    if wanted != own and wanted != 'generic':
        if unit != 'auto' and not np.can_cast(a.dtype, f'M8[{wanted}]', casting):
            raise TypeError(f"Cannot create a datetime string as units '{wanted}' from a NumPy datetime with units '{own}' according to the rule '{casting}'")
        a = a.astype(f'M8[{wanted}]')
    texts = np._date_texts(a)
    timed = wanted in _UNITS[4:]
    if timezone == 'UTC':
        texts = [t + 'Z' if t != 'NaT' and timed else t for t in texts]
    elif timezone == 'local' or hasattr(timezone, 'utcoffset'):
        texts = [_zoned(t, None if timezone == 'local' else timezone, timed) for t in texts]
    elif timezone != 'naive':
        raise ValueError('timezone must be either \'naive\', \'UTC\', \'local\', or a timezone object')
    size = {'Y': 22, 'M': 25, 'W': 28, 'D': 28, 'h': 32, 'm': 35, 's': 38, 'generic': 62}.get(wanted)
    if size is None:
        size = 39 + 3 * (_UNITS.index(wanted) - _UNITS.index('s'))
    if unit == 'auto':
        size = 62
    made = np.array(texts, f'U{size}')
    if made.shape != a.shape:
        made.shape = a.shape
    return made if a.ndim else made[()]


def _zoned(text, zone, timed):
    import datetime
    if text == 'NaT' or not timed:
        return text
    moment = datetime.datetime.fromisoformat((text + ':00' if len(text) == 13 else text)[:26]).replace(tzinfo=datetime.timezone.utc)
    offset = moment.astimezone(zone).utcoffset()
    local = (moment + offset).replace(tzinfo=None).isoformat()
    minutes = int(offset.total_seconds()) // 60
    return local[:len(text)] + '%s%02d%02d' % ('-' if minutes < 0 else '+', abs(minutes) // 60, abs(minutes) % 60)


def _shortest_unit(a, own):
    """The coarsest unit that tells all of the dates."""
    if own not in _UNITS[_UNITS.index('h'):]:
        return own
    for unit in ('D', 'm', 's', 'ms', 'us', 'ns', 'ps', 'fs', 'as'):
        if _UNITS.index(unit) >= _UNITS.index(own):
            break
        back = a.astype(f'M8[{unit}]').astype(a.dtype)
        if ((back == a) | np.isnat(a)).all():
            return unit
    return own


_DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']


def _weekmask(mask):
    if isinstance(mask, bytes):
        mask = mask.decode()
    if isinstance(mask, str):
        if len(mask) == 7 and set(mask) <= {'0', '1'}:
            flags = [c == '1' for c in mask]
        else:
            text = ''.join(mask.split())
            flags, at = [False] * 7, 0
            while at < len(text):
                day = text[at:at + 3]
                if day not in _DAYS:
                    raise ValueError(f'Invalid business day weekmask string "{mask}"')
                flags[_DAYS.index(day)] = True
                at += 3
    else:
        flags = asarray(mask, bool)
        if flags.shape != (7,):
            raise ValueError('A business day weekmask array must have length 7')
        flags = flags.tolist()
    if not any(flags):
        raise ValueError('the business day weekmask must have at least one valid business day')
    return flags


class busdaycalendar:
    """A business day calendar object that efficiently stores information defining valid days."""

    __module__ = 'numpy'

    def __init__(self, weekmask='1111100', holidays=[]):
        self._flags = _weekmask(weekmask)
        days = asarray(holidays, 'M8[D]').ravel()
        numbers = sorted({n for n in days.view('int64').tolist() if n != -2**63 and self._flags[(n + 3) % 7]})
        self._holidays = numbers
        self._set = frozenset(numbers)

    @property
    def weekmask(self):
        return np.array(self._flags)

    @property
    def holidays(self):
        return _result(self._holidays, (len(self._holidays),), 'M8[D]', None)

    def _open(self, day):
        return self._flags[(day + 3) % 7] and day not in self._set


def _calendar(weekmask, holidays, busdaycal):
    if busdaycal is not None:
        if weekmask != '1111100' or holidays is not None:
            raise ValueError('Cannot supply both the weekmask/holidays and the busdaycal parameters to busday_offset()')
        return busdaycal
    return busdaycalendar(weekmask, [] if holidays is None else holidays)


def _together(*arrays):
    from numpy import broadcast_arrays
    wide = broadcast_arrays(*arrays)
    return wide[0].shape, [a.astype('int64').ravel().tolist() for a in wide]


def _days(dates):
    given = asarray(dates)
    if given.dtype.kind == 'M' and datetime_data(given.dtype)[0] not in ('Y', 'M', 'W', 'D', 'generic'):
        raise TypeError(f"Cannot cast array data from {given.dtype!r} to dtype('<M8[D]') according to the rule 'safe'")
    return asarray(given if given.dtype.kind == 'M' else dates, 'M8[D]')


_NAT = -2**63


def _result(values, shape, dtype, out):
    made = np.empty(shape, dtype)
    (made if dtype in ('int64', bool) else made.view('int64'))[...] = np.array(values).reshape(shape)
    if out is not None:
        out[...] = made
        return out
    return made if shape else made[()]


def is_busday(dates, weekmask='1111100', holidays=None, busdaycal=None, out=None):
    """Calculates which of the given dates are valid days, and which are not."""
    calendar = _calendar(weekmask, holidays, busdaycal)
    shape, (days,) = _together(_days(dates))
    return _result([d != _NAT and calendar._open(d) for d in days], shape, bool, out)


def _count(calendar, begin, end):
    """Business days in [begin, end), begin <= end."""
    weeks, rest = divmod(end - begin, 7)
    total = weeks * sum(calendar._flags)
    total += sum(calendar._flags[(begin + weeks * 7 + k + 3) % 7] for k in range(rest))
    from bisect import bisect_left
    return total - (bisect_left(calendar._holidays, end) - bisect_left(calendar._holidays, begin))


def busday_count(begindates, enddates, weekmask='1111100', holidays=[], busdaycal=None, out=None):
    """Counts the number of valid days between `begindates` and `enddates`, not including the day of `enddates`."""
    calendar = _calendar(weekmask, holidays if busdaycal is None or len(holidays) else None, busdaycal)
    shape, (begin, end) = _together(_days(begindates), _days(enddates))
    counts = []
    for b, e in zip(begin, end):
        if _NAT in (b, e):
            raise ValueError('Cannot compute a business day count with a NaT (not-a-time) date')
        counts.append(_count(calendar, b, e) if b <= e else -_count(calendar, e + 1, b + 1))
    return _result(counts, shape, 'int64', out)


def _rolled(calendar, day, roll):
    if calendar._open(day):
        return day
    if roll == 'raise':
        raise ValueError('Non-business day date in busday_offset')
    if roll == 'nat':
        return _NAT
    def walk(step):
        found = day
        while not calendar._open(found):
            found += step
        return found
    def month(d):
        return int(np.array(d, 'int64').view('M8[D]').astype('M8[M]').view('int64'))
    if roll in ('forward', 'following'):
        return walk(1)
    if roll in ('backward', 'preceding'):
        return walk(-1)
    forward = roll == 'modifiedfollowing'
    found = walk(1 if forward else -1)
    return found if month(found) == month(day) else walk(-1 if forward else 1)


def busday_offset(dates, offsets, roll='raise', weekmask='1111100', holidays=None, busdaycal=None, out=None):
    """First adjusts the date to fall on a valid day according to the ``roll`` rule, then applies offsets counted in valid days."""
    if roll not in ('raise', 'nat', 'forward', 'following', 'backward', 'preceding', 'modifiedfollowing', 'modifiedpreceding'):
        raise ValueError(f'Invalid business day roll parameter "{roll}"')
    calendar = _calendar(weekmask, holidays, busdaycal)
    steps = asarray(offsets)
    if steps.dtype.kind not in 'iu':
        raise TypeError(f"Iterator operand 1 dtype could not be cast from {steps.dtype!r} to dtype('int64') according to the rule 'safe'")
    shape, (days, offsets) = _together(_days(dates), steps)
    found = []
    for day, offset in zip(days, offsets):
        if day == _NAT:
            if roll == 'raise':
                raise ValueError('NaT input in busday_offset')
            found.append(_NAT)
            continue
        day = _rolled(calendar, day, roll)
        if day == _NAT:
            found.append(_NAT)
            continue
        step = 1 if offset > 0 else -1
        for _ in range(abs(offset)):
            day += step
            while not calendar._open(day):
                day += step
        found.append(day)
    return _result(found, shape, 'M8[D]', out)
