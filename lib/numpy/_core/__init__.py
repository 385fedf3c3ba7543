"""The package's own modules; programs use `numpy`."""
