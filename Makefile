# The commands of the project. Each starts from a bare checkout: it installs what is missing and builds.
JOBS ?= 2
# The reference interpreter is the distribution's, whatever else lies on PATH.
PYTHON := /usr/bin/python3.11
# Where `make install` puts Adder; DESTDIR is a folder that stands for / (for packagers).
PREFIX ?= /usr/local

.PHONY: run test build release install package docs bench conformance numpy-suite packages format clean setup

run: build
	@tools/setup.sh --examples
	@$(PYTHON) tools/run_examples.py

test: build
	@ninja -C build -j$(JOBS)
	@$(PYTHON) tools/run_tests.py

build: setup
	@cmake --preset release -DCMAKE_MESSAGE_LOG_LEVEL=NOTICE >build/configure.log || { cat build/configure.log; exit 1; }
	@ninja -C build -j$(JOBS) adder stdlib_cache

# build/profiled/adder: optimised by counts of what the benchmarks run.
release: build
	@ninja -C build -j$(JOBS) adder_profiled

install: build
	@ninja -C build -j$(JOBS) libadder
	@DESTDIR="$(DESTDIR)" cmake --install build --prefix "$(PREFIX)" --strip >build/install.log || { cat build/install.log; exit 1; }
	@echo "installed $(DESTDIR)$(PREFIX)/bin/adder"

# A .deb and a relocatable archive, in build/packages.
package: build
	@ninja -C build -j$(JOBS) libadder
	@$(PYTHON) tools/make_packages.py

# The documentation as a static site, build/site/index.html. Its code blocks run in `make test`.
docs:
	@tools/setup.sh --documentation
	@mkdir -p build
	@mkdocs --quiet build --config-file mkdocs.yml
	@echo "build/site/index.html"

setup:
	@tools/setup.sh
	@mkdir -p build

bench: build
	@tools/setup.sh --peers
	@$(PYTHON) bench/run.py

conformance: build
	@$(PYTHON) tools/conformance.py

numpy-suite: build
	@tools/setup_reference.sh
	@$(PYTHON) tools/numpy_suite.py

packages: build
	@tools/setup_packages.sh
	@ADDER_NETWORK=1 $(PYTHON) tools/run_tests.py tests/packages tests/programs

format:
	@tools/setup.sh --format
	@git ls-files '*.cpp' '*.hpp' '*.h' '*.c' | xargs -r clang-format-19 -i

clean:
	rm -rf build
