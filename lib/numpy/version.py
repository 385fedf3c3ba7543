"""The NumPy version whose behaviour this package has."""

version = short_version = full_version = '2.3.5'
release = True
git_revision = ''
