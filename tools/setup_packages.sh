#!/usr/bin/env bash
# Installs the third-party packages that tests/packages runs, and fetches into build/packages the sources of those whose own
# tests the distribution leaves out, in the versions that it ships. Needs the network once (the distribution and PyPI).
set -euo pipefail
cd "$(dirname "$0")/.."

sources=(attrs==22.2.0 click==8.1.3 jinja2==3.1.2 requests==2.28.1 pygments==2.14.0 pytest==7.2.1 pyyaml==6.0.1)
target=build/packages

tools/setup.sh --packages
mkdir -p "$target"
for source in "${sources[@]}"; do
  if compgen -G "$target/*" | grep -qi "/${source/==/-}\$"; then continue; fi
  echo "packages: fetching the source of $source"
  download=$(mktemp -d)
  isolation=()
  [ "$source" != "${source#pyyaml}" ] && isolation=(--no-build-isolation)  # it would build Cython first
  /usr/bin/python3.11 -m pip download --quiet --no-deps --no-binary :all: "${isolation[@]}" --dest "$download" "$source"
  tar --extract --gzip --no-same-owner --file "$download"/*.tar.gz --directory "$target"
  rm -r "$download"
done
echo "packages: ready"
