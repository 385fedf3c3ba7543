"""The classes of dtypes."""

import _numpy

for _name in ('Bool', 'Int8', 'UInt8', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Float16', 'Float32', 'Float64',
              'Complex64', 'Complex128', 'Object', 'Bytes', 'Str', 'Void', 'DateTime64', 'TimeDelta64', 'LongDouble', 'CLongDouble'):
    globals()[_name + 'DType'] = getattr(_numpy, '_' + _name + 'DType')
