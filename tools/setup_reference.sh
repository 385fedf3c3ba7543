#!/usr/bin/env bash
# Makes build/reference: CPython 3.11 with the pinned NumPy, against which array tests are proven.
# Needs the network once (PyPI); tests that want it are skipped where it is absent.
set -euo pipefail
cd "$(dirname "$0")/.."

python=/usr/bin/python3.11
target=build/reference
numpy='numpy==2.3.*'

if [ -x "$target/bin/python" ] && "$target/bin/python" -c 'import numpy; raise SystemExit(not numpy.__version__.startswith("2.3."))' 2>/dev/null; then
  echo "reference: $target is ready"
  exit 0
fi
echo "reference: making $target with $numpy"
mkdir -p build
"$python" -m venv --without-pip "$target"
if "$python" -m pip --version >/dev/null 2>&1; then
  "$python" -m pip --python "$target/bin/python" install --quiet "$numpy"
elif command -v pip >/dev/null; then
  pip --python "$PWD/$target/bin/python" install --quiet "$numpy"
else
  echo "reference: pip is missing (package python3-pip)" >&2
  exit 1
fi
