"""Builds what people install, out of the release build, into build/packages:

    adder_VERSION_ARCHITECTURE.deb              for Debian 12: apt-get install ./adder_….deb
    adder-VERSION-linux-MACHINE.tar.gz          runs from wherever it is unpacked; the standard library is still the distribution's

    python3.11 tools/make_packages.py [--build DIR] [--out DIR]
"""

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STANDARD_LIBRARY = "libpython3.11-stdlib (>= 3.11.2)"
# What every Debian 12 has, or the standard library brings along, or (OpenBLAS) is better chosen by the machine's owner.
NOT_BUNDLED = re.compile(r"(linux-vdso|ld-linux|libc|libm|libdl|librt|libpthread|libgcc_s|libstdc\+\+|libcrypto|libtinfo|libopenblas|libgfortran|libquadmath)\b")

DESCRIPTION = """\
Python 3.11 runtime in which arrays are part of the runtime
 Numbers are values instead of objects, and expressions over arrays run as one
 pass without temporaries. The language is Python 3.11, the standard library is
 the distribution's, and extension modules compiled for CPython 3.11 load
 unchanged. Programs in C++ embed it by adder/embed.hpp or CPython's C API."""


def output(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def install(build, destdir, prefix):
    output("cmake", "--install", build, "--prefix", prefix, "--strip", env={**os.environ, "DESTDIR": destdir})


def optional_libraries(adder):
    """Of each library that is opened when first needed: its file and its package, by the program itself."""
    table = output(adder, "-I", "-c", "import _adder; print(*(f'{file}={package}' for file, package, _ in _adder.optional_libraries))")
    return dict(row.split("=") for row in table.split())


def shared_library_packages(binaries, folder):
    """The Depends of a Debian package that holds these binaries."""
    os.makedirs(f"{folder}/debian", exist_ok=True)
    with open(f"{folder}/debian/control", "w") as file:
        file.write("Source: adder\n\nPackage: adder\nArchitecture: any\n")
    out = output("dpkg-shlibdeps", "-O", "--ignore-missing-info", *(f"-e{binary}" for binary in binaries), cwd=folder)
    return out.strip().removeprefix("shlibs:Depends=")


def make_deb(build, out, version):
    architecture = output("dpkg", "--print-architecture").strip()
    with tempfile.TemporaryDirectory() as folder:
        stage = f"{folder}/adder"
        install(build, stage, "/usr")
        adder = f"{stage}/usr/bin/adder"
        depends = [shared_library_packages([adder, f"{stage}/usr/lib/libadder.so.0"], folder), STANDARD_LIBRARY,
                   *optional_libraries(adder).values()]
        size = sum(os.lstat(os.path.join(at, name)).st_size for at, _, names in os.walk(stage) for name in names)
        os.mkdir(f"{stage}/DEBIAN")
        with open(f"{stage}/DEBIAN/control", "w") as file:
            file.write(f"Package: adder\nVersion: {version}\nArchitecture: {architecture}\nSection: python\nPriority: optional\n"
                       f"Maintainer: The Adder developers <adder@localhost>\nInstalled-Size: {size // 1024}\n"
                       f"Depends: {', '.join(depends)}\nSuggests: libpython3.11-dev\nDescription: {DESCRIPTION}\n")
        path = f"{out}/adder_{version}_{architecture}.deb"
        output("dpkg-deb", "--build", "--root-owner-group", "-Zxz", "-z3", stage, path)
    return path


def libraries_of(binaries):
    """All libraries that these need, by the name they ask for."""
    found = {}
    for binary in binaries:
        for name, path in re.findall(r"^\s*(\S+) => (/\S+)", output("ldd", binary), re.M):
            found[name] = path
    return found


def make_archive(build, out, version):
    name = f"adder-{version}-linux-{platform.machine()}"
    with tempfile.TemporaryDirectory() as folder:
        install(build, folder, f"/{name}")
        stage = f"{folder}/{name}"
        cache = output("ldconfig", "-p") if shutil.which("ldconfig") else output("/sbin/ldconfig", "-p")
        opened = {file: path for file in optional_libraries(f"{stage}/bin/adder")
                  for path in re.findall(rf"^\s*{re.escape(file)} .*x86-64.* => (\S+)", cache, re.M)[:1]}
        opened = {file: path for file, path in opened.items() if not NOT_BUNDLED.match(file)}
        needed = libraries_of([f"{stage}/bin/adder", f"{stage}/lib/libadder.so.0", *opened.values()])
        for file, path in {**needed, **opened}.items():
            if not NOT_BUNDLED.match(file) and not os.path.realpath(path).startswith(os.path.realpath(folder)):
                shutil.copyfile(os.path.realpath(path), f"{stage}/lib/adder/{file}")
        path = f"{out}/{name}.tar.gz"
        with tarfile.open(path, "w:gz", compresslevel=6) as archive:
            archive.add(stage, name)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--out")
    options = parser.parse_args()
    if not shutil.which("dpkg-shlibdeps"):
        sys.exit("make_packages: dpkg-shlibdeps is missing: apt-get install dpkg-dev")
    out = os.path.abspath(options.out or os.path.join(options.build, "packages"))
    os.makedirs(out, exist_ok=True)
    version = output(os.path.join(options.build, "adder"), "-I", "-c", "import adder; print(adder.version)").strip()
    for make in (make_deb, make_archive):
        try:
            path = make(options.build, out, version)
        except subprocess.CalledProcessError as error:
            sys.exit(f"make_packages: {' '.join(error.cmd)}\n{error.stdout}{error.stderr}")
        print(f"{path}  {os.path.getsize(path) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
