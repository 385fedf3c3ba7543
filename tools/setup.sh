#!/usr/bin/env bash
# Installs the Debian packages that Adder is built from, only those that are missing.
# `--examples` asks also for NumPy, which the examples compare with, `--documentation` for what makes the site,
# `--peers` for the interpreters and libraries that the benchmarks compare with,
# `--packages` for the third-party packages that tests/packages runs, `--format` for the formatter and the linter.
set -euo pipefail

packages=(
  clang-19 llvm-19 lld-19 libclang-rt-19-dev ccache ninja-build cmake pkg-config
  python3.11 libpython3.11-dev libpython3.11-stdlib libpython3.11-testsuite
  libgmp-dev libmimalloc-dev libfmt-dev libutf8proc-dev
  libhwy-dev libsleef-dev libtbb-dev libopenblas-dev liblapacke-dev
  zlib1g-dev libexpat1-dev libssl-dev libedit-dev libgtest-dev
  iproute2  # CPython's test_uuid asks its `ip` for the machine's address
)
examples=(python3-numpy)
documentation=(mkdocs)
peers=(python3-numpy python3-numexpr python3-numba pypy3)
third_party=(
  python3-attr python3-click python3-jinja2 python3-networkx python3-pygments python3-pytest python3-requests python3-rich
  python3-sympy python3-yaml
  python3-freezegun python3-hypothesis python3-pytest-httpbin python3-pytest-mock  # what their own tests use
  python3-pip python3-setuptools python3-wheel python3.11-venv
)

for option in "$@"; do
  case "$option" in
    --examples) packages+=("${examples[@]}") ;;
    --documentation) packages+=("${documentation[@]}") ;;
    --peers) packages+=("${peers[@]}") ;;
    --packages) packages+=("${third_party[@]}") ;;
    --format) packages+=(clang-format-19 clang-tidy-19) ;;
    *) echo "usage: tools/setup.sh [--examples] [--documentation] [--peers] [--packages] [--format]" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query >/dev/null; then
  echo "setup: this is not a Debian system; install by hand what provides: ${packages[*]}" >&2
  exit 1
fi

missing=()
installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
for package in "${packages[@]}"; do
  grep -qx "installed $package" <<<"$installed" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "setup: nothing to install"
  exit 0
fi

root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: these packages are missing: ${missing[*]}" >&2
    echo "setup: installing them needs root, and sudo is not there. As root, run:" >&2
    echo "         apt-get update && apt-get install ${missing[*]}" >&2
    exit 1
  fi
  root=(sudo)
fi

echo "setup: installing with apt: ${missing[*]}"
run_apt() { "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@"; }
can_install() { apt-get -qq --simulate install "${missing[@]}" >/dev/null 2>&1; }
if ! can_install; then
  echo "setup: refreshing the package lists first"
  run_apt update
fi
run_apt install --yes --no-install-recommends "${missing[@]}"
