"""Between NumPy's dates and spans and those of `datetime`; what a date's text has wrong."""

_UNITS = {'Y': 0, 'M': 1, 'W': 2, 'D': 4, 'h': 5, 'm': 6, 's': 7, 'ms': 8, 'us': 9, 'ns': 10, 'ps': 11, 'fs': 12, 'as': 13}
_MICROSECONDS = {'W': 604800000000, 'D': 86400000000, 'h': 3600000000, 'm': 60000000, 's': 1000000, 'ms': 1000, 'us': 1}


def python_date(value, unit, multiple, parts):
    """The date or datetime of a count; the count itself where `datetime` has no such thing."""
    import datetime
    if _UNITS[unit] > _UNITS['us'] or not 1 <= parts[0] <= 9999:
        return value
    if _UNITS[unit] <= _UNITS['D']:
        return datetime.date(*parts[:3])
    return datetime.datetime(*parts)


def python_span(value, unit, multiple):
    import datetime
    if unit not in _MICROSECONDS:
        return value
    try:
        return datetime.timedelta(microseconds=value * multiple * _MICROSECONDS[unit])
    except OverflowError:
        return value


def date_parts(x):
    """(unit, year, month, day, hour, minute, second, microsecond) of a date or datetime; None of anything else."""
    import datetime
    if isinstance(x, datetime.datetime):
        if x.tzinfo is not None:
            import warnings
            warnings.warn('no explicit representation of timezones available for np.datetime64', UserWarning, stacklevel=2)
            x = x.astimezone(datetime.timezone.utc)
        return 9, x.year, x.month, x.day, x.hour, x.minute, x.second, x.microsecond
    if isinstance(x, datetime.date):
        return 4, x.year, x.month, x.day
    return None


def span_parts(x):
    """(unit, days, seconds, microseconds) of a timedelta; None of anything else."""
    import datetime
    if isinstance(x, datetime.timedelta):
        return 9, x.days, x.seconds, x.microseconds
    return None


_PARTS = (('-', 'Month', 1, 12), ('-', 'Day', 1, 31), ('T ', 'Hours', 0, 23), (':', 'Minutes', 0, 59), (':', 'Seconds', 0, 59))


def refuse(text):
    """Raises what is wrong with a text that is no date."""
    at, found = len(text) - len(text.lstrip()), {}
    year = at + (text[at:at + 1] in ('-', '+'))
    end = year
    while end < len(text) and text[end].isdigit():
        end += 1
    if end > year:
        at = end
        for separators, name, low, high in _PARTS:
            if text[at:at + 1] == '' or text[at] not in separators:
                break
            at += 1
            digits = text[at:at + 2]
            if len(digits) < 2 or not digits.isdigit():
                break
            if name == 'Day' and 1 <= found['Month'] <= 12:
                whole = int(text[year:end])
                high = 29 if found['Month'] == 2 and whole % 4 == 0 and (whole % 100 != 0 or whole % 400 == 0) else (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[found['Month']]
            if not low <= int(digits) <= high:
                raise ValueError(f'{name} out of range in datetime string "{text}"')
            found[name] = int(digits)
            at += 2
    raise ValueError(f'Error parsing datetime string "{text}" at position {at}')
