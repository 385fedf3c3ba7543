"""`-m venv` and `-m pip`: environments whose python is the one that made them, and packages in them. No network."""

import base64
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), os.pardir, "shell"))
from running import ShellTest  # noqa: E402

HAS_PIP = importlib.util.find_spec("ensurepip") is not None
VIEW = ("import json, os, site, sys, sysconfig; print(json.dumps(dict(prefix=sys.prefix, base=sys.base_prefix, "
        "executable=sys.executable, path=sys.path[1:], purelib=sysconfig.get_path('purelib'), "
        "scripts=sysconfig.get_path('scripts'), sites=site.getsitepackages(), user=site.ENABLE_USER_SITE)))")


def make_wheel(folder, name, version, files, entry_points=""):
    """Writes a wheel of pure Python, as any build tool would."""
    info = f"{name}-{version}.dist-info"
    files = dict(files)
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: a sample\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if entry_points:
        files[f"{info}/entry_points.txt"] = entry_points
    record = ""
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(content)}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    wheel = os.path.join(folder, f"{name}-{version}-py3-none-any.whl")
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return wheel


class Environment(ShellTest):
    def make(self, *options, name="env"):
        done = self.run_python("-m", "venv", *options, name)
        self.assertEqual((done.out, done.err, done.returncode), ("", "", 0))
        self.env = os.path.join(self.folder, name)
        self.python = os.path.join(self.env, "bin", "python")
        return self.env

    def inside(self, *arguments, status=0, **env):
        """Runs the environment's python; what it printed."""
        environment = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "PIP_"))}
        environment.update(PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_CONFIG_FILE=os.devnull, **env)
        done = subprocess.run([self.python, *arguments], capture_output=True, text=True, cwd=self.folder,
                              env=environment, timeout=120)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def view(self, *options):
        return json.loads(self.inside(*options, "-c", VIEW))


class MakingOne(Environment):
    def test_what_it_holds(self):
        env = self.make("--without-pip")
        name = os.path.basename(sys.executable)
        self.assertEqual(sorted(os.listdir(f"{env}/bin")),
                         sorted({"Activate.ps1", "activate", "activate.csh", "activate.fish", "python", "python3",
                                 "python3.11", name}))
        self.assertEqual(os.path.realpath(self.python), os.path.realpath(sys.executable))
        with open(f"{env}/pyvenv.cfg") as file:
            settings = dict(line.rstrip("\n").split(" = ", 1) for line in file)
        self.assertEqual(settings["home"], os.path.dirname(sys.executable))
        self.assertEqual(settings["include-system-site-packages"], "false")
        self.assertEqual(settings["version"], "3.11.2")
        self.assertEqual(os.listdir(f"{env}/lib/python3.11/site-packages"), [])

    def test_where_its_python_finds_things(self):
        env = self.make("--without-pip")
        view = self.view()
        self.assertEqual(view["prefix"], env)
        self.assertEqual(view["base"], sys.base_prefix)
        self.assertEqual(view["executable"], self.python)
        self.assertEqual(view["path"][-1], view["purelib"])
        self.assertEqual(view["purelib"], f"{env}/lib/python3.11/site-packages")
        self.assertEqual(view["scripts"], f"{env}/bin")
        self.assertEqual(view["sites"][0], view["purelib"])
        self.assertIs(view["user"], False)
        self.assertNotIn("/usr/lib/python3/dist-packages", view["path"])
        self.assertEqual(self.inside("-c", "import sys; print(sys.implementation.name)"),
                         sys.implementation.name + "\n")

    def test_that_only_site_turns_the_prefix(self):
        self.make("--without-pip")
        self.assertEqual(self.inside("-S", "-c", "import sys; print(sys.prefix == sys.base_prefix)"), "True\n")

    def test_with_the_system_s_packages(self):
        env = self.make("--without-pip", "--system-site-packages")
        view = self.view("-s")
        place = view["path"].index(view["purelib"])
        outside = subprocess.run([sys.executable, "-s", "-c", VIEW], capture_output=True, text=True, cwd=self.folder,
                                 env={n: v for n, v in os.environ.items() if not n.startswith("PYTHON")})
        packages = [path for path in json.loads(outside.stdout)["path"] if path.endswith("dist-packages")]
        self.assertEqual(view["path"][place + 1:], packages)
        self.assertEqual(view["prefix"], env)

    def test_copies(self):
        env = self.make("--without-pip", "--copies")
        self.assertFalse(os.path.islink(self.python))
        self.assertEqual(self.view()["prefix"], env)
        self.assertEqual(self.inside("-c", "import dis, opcode, json; print(len(opcode.opname) > 0)"), "True\n")

    def test_an_environment_made_by_another(self):
        self.make("--without-pip")
        self.inside("-m", "venv", "--without-pip", "second")
        self.python = os.path.join(self.folder, "second", "bin", "python")
        view = self.view()
        self.assertEqual((view["prefix"], view["base"]), (os.path.join(self.folder, "second"), sys.base_prefix))

    def test_activation(self):
        env = self.make("--without-pip", "--prompt", "mine")
        script = (". env/bin/activate; echo $VIRTUAL_ENV; echo \"$PS1\"; command -v python; "
                  "python -c 'import sys; print(sys.prefix)'; deactivate; echo [$VIRTUAL_ENV]")
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, cwd=self.folder,
                              env={"PATH": os.environ["PATH"], "PS1": "$ "}, timeout=60)
        self.assertEqual(done.stdout.splitlines(), [env, "(mine) $ ", f"{env}/bin/python", env, "[]"], done.stderr)

    def test_clear_and_upgrade(self):
        env = self.make("--without-pip")
        stray = os.path.join(env, "lib", "python3.11", "site-packages", "stray.py")
        open(stray, "w").close()
        self.make("--without-pip", "--upgrade")
        self.assertTrue(os.path.exists(stray))
        self.make("--without-pip", "--clear")
        self.assertFalse(os.path.exists(stray))


@unittest.skipUnless(HAS_PIP, "pip's wheel is not installed: apt-get install python3.11-venv")
class Pip(Environment):
    """One environment serves all cases, which undo what they do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import tempfile
        cls.place = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.place.cleanup)
        cls.env = os.path.join(os.path.realpath(cls.place.name), "env")
        subprocess.run([sys.executable, "-m", "venv", cls.env], check=True, timeout=200, stdout=subprocess.DEVNULL,
                       env={n: v for n, v in os.environ.items() if not n.startswith("PYTHON")})
        cls.python = os.path.join(cls.env, "bin", "python")
        cls.site = os.path.join(cls.env, "lib", "python3.11", "site-packages")

    def wheel(self, version="1.0"):
        return make_wheel(self.folder, "sample", version,
                          {"sample/__init__.py": f"version = {version!r}\ndef main():\n    print('sample', version)\n",
                           "sample/data.txt": "text"}, "[console_scripts]\nsample-tool = sample:main\n")

    def test_list_and_version(self):
        names = {row["name"] for row in json.loads(self.inside("-m", "pip", "list", "--format", "json"))}
        self.assertIn("pip", names)
        shown = self.inside("-m", "pip", "--version")
        self.assertRegex(shown, rf"^pip [\d.]+ from {self.site}/pip \(python 3\.11\)\n$")
        self.assertEqual(subprocess.check_output([f"{self.env}/bin/pip", "--version"], text=True), shown)

    def test_install_show_upgrade_and_remove(self):
        before = sorted(os.listdir(self.site))
        out = self.inside("-m", "pip", "install", self.wheel())
        self.assertIn("Successfully installed sample-1.0\n", out)
        self.assertEqual(self.inside("-c", "import sample; print(sample.version, sample.__file__)"),
                         f"1.0 {self.site}/sample/__init__.py\n")
        self.assertEqual(subprocess.check_output([f"{self.env}/bin/sample-tool"], text=True), "sample 1.0\n")
        self.assertIn("sample @ file://", self.inside("-m", "pip", "freeze"))
        shown = self.inside("-m", "pip", "show", "-f", "sample")
        self.assertIn("Summary: a sample\n", shown)
        self.assertIn("  sample/data.txt\n", shown)
        self.assertIn("Successfully installed sample-2.0\n", self.inside("-m", "pip", "install", self.wheel("2.0")))
        self.assertEqual(self.inside("-m", "pip", "check"), "No broken requirements found.\n")
        self.assertIn("Successfully uninstalled sample-2.0\n", self.inside("-m", "pip", "uninstall", "-y", "sample"))
        self.assertEqual(sorted(os.listdir(self.site)), before)
        self.assertFalse(os.path.exists(f"{self.env}/bin/sample-tool"))

    def test_from_a_folder_of_wheels(self):
        self.wheel("1.0")
        self.wheel("1.5")
        self.inside("-m", "pip", "install", "--find-links", self.folder, "sample<1.2")
        self.assertIn("sample==1.0\n", self.inside("-m", "pip", "freeze"))
        self.inside("-m", "pip", "install", "--find-links", self.folder, "--upgrade", "sample")
        self.assertIn("sample==1.5\n", self.inside("-m", "pip", "freeze"))
        self.inside("-m", "pip", "uninstall", "-y", "sample")

    def test_what_cannot_be_installed(self):
        self.inside("-m", "pip", "install", "no-such-package-here", status=1)
        broken = self.write("broken-1.0-py3-none-any.whl", b"PK\3\4 no archive")
        self.inside("-m", "pip", "install", broken, status=1)
        self.assertNotIn("broken", self.inside("-m", "pip", "freeze"))

    def test_a_wheel_that_does_not_match_its_record(self):
        wheel = self.wheel()
        with zipfile.ZipFile(wheel, "a") as archive:
            archive.writestr("sample/unlisted.py", "x = 1\n")
        self.inside("-m", "pip", "install", wheel)
        self.inside("-m", "pip", "uninstall", "-y", "sample")


if __name__ == "__main__":
    unittest.main()
