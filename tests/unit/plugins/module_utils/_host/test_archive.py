# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that runs on the host after the module has ended: really run, wherever its code came from."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive, path_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback import timer

MODULE_UTILS = "ansible_collections/meshwork/wireguard/plugins/module_utils"
HERE = Path(timer.__file__).parents[1]
MAKE = f"""
import sys
sys.path.insert(0, sys.argv[1])
from {MODULE_UTILS.replace("/", ".")}._rollback import timer
from {MODULE_UTILS.replace("/", ".")}._host.archive import archive
with open(sys.argv[2], "wb") as stream:
    stream.write(archive("_rollback.timer"))
print(timer.__file__)
"""
REPORT = f"""
import sys
sys.argv = ["timer.pyz", "restore", "wg-none", "0", "0"]
sys.path.insert(0, PROGRAM)
import runpy
from {MODULE_UTILS.replace("/", ".")}._host import files
files.Files.__init__.__defaults__ = (ROOT,)
runpy.run_path(PROGRAM, run_name="__main__")
print("ended", files.__file__.startswith(PROGRAM), any(name.split(".")[0] == "ansible" for name in sys.modules))
"""


def as_files(root):
    """As modules run whose code lies in a directory."""
    target = root / "tree" / MODULE_UTILS
    for path in HERE.rglob("*.py"):
        copy = target / path.relative_to(HERE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return root / "tree"


def as_zip(root):
    """As AnsiballZ sends modules: one file, with empty packages above."""
    path = root / "payload.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        parts = MODULE_UTILS.split("/")
        for count in range(1, len(parts) + 1):
            target.writestr("/".join(parts[:count]) + "/__init__.py", "")
        for source in HERE.rglob("*.py"):
            target.writestr(f"{MODULE_UTILS}/{source.relative_to(HERE)}", source.read_bytes())
    return path


def run(*words):
    return subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture(params=[as_files, as_zip])
def program(request, tmp_path):
    """An archive that a process has made whose code came from there."""
    source, made = request.param(tmp_path), tmp_path / "timer.pyz"
    done = run("-I", "-c", MAKE, source, made)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.startswith(str(source))
    return made


def test_it_runs_alone(program, tmp_path):
    """With nothing of Ansible and nothing of this tree in reach."""
    code = REPORT.replace("PROGRAM", repr(str(program))).replace("ROOT", repr(str(tmp_path / "root")))
    done = run("-I", "-S", "-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended True False\n", "")
    assert [path.name for path in (tmp_path / "root/run/meshwork-wireguard").iterdir()] == ["wg-none.interface-lock"]


def test_it_is_a_program(program):
    """Without a verb it ends before it touches anything."""
    done = run("-I", program)
    assert done.returncode == 1
    assert "ValueError: not enough values to unpack" in done.stderr


def test_what_is_in_it(program):
    with zipfile.ZipFile(program) as found:
        names = found.namelist()
        assert (
            found.read("__main__.py").decode() == f"from {MODULE_UTILS.replace('/', '.')}._rollback.timer import main\n\nmain()\n"
        )
        for name in ("_rollback/timer.py", "_rollback/__init__.py", "_wg/live/diff.py", "_wg/__init__.py"):
            assert found.read(f"{MODULE_UTILS}/{name}") == (HERE / name).read_bytes()
    assert len(names) == len(set(names))
    assert all(name == "__main__.py" or name.startswith("ansible_collections/") for name in names)


def test_from_the_collection_as_ansible_loads_it(tmp_path):
    path = tmp_path / "timer.pyz"
    path.write_bytes(archive("_rollback.timer"))
    done = run("-I", path)
    assert "ValueError: not enough values to unpack" in done.stderr
    with zipfile.ZipFile(path) as found:
        assert found.read(f"{MODULE_UTILS}/_rollback/timer.py") == (HERE / "_rollback/timer.py").read_bytes()


@pytest.mark.parametrize(
    "main",
    [
        "_failover.vrrp_agent", "_failover.bird_watch", "_boot.inside_agent", "_endpoints.resolver",
        "_drills.prober", "_rollback.timer", "_doctor.capture", "_metrics.measuring",
    ],
)  # fmt: skip
def test_the_same_code_gives_the_same_bytes(tmp_path, main):
    """Whatever else has been loaded, and wherever from: a second run, by whichever module, finds nothing to change."""
    code = f"""
import sys
sys.path.insert(0, sys.argv[1])
if len(sys.argv) > 2:
    from {MODULE_UTILS.replace("/", ".")}._reports import preparation
from {MODULE_UTILS.replace("/", ".")}._host.archive import archive
sys.stdout.buffer.write(archive("{main}"))
"""
    made = []
    for source, *more in ((as_files(tmp_path),), (as_files(tmp_path), "more"), (as_zip(tmp_path), "more")):
        done = subprocess.run([sys.executable, "-I", "-c", code, str(source), *more], capture_output=True, check=True)
        made.append(done.stdout)
    assert made == [archive(main)] * 3
    path = tmp_path / "program.pyz"
    path.write_bytes(made[0])
    done = run("-I", "-S", path)  # it has all that it needs, and misses its arguments
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(("IndexError", "ValueError: not enough values to unpack")), done.stderr


def test_programs_have_what_they_import_and_no_more():
    with zipfile.ZipFile(io.BytesIO(archive("_drills.prober"))) as found:
        modules = [name for name in found.namelist() if not name.endswith("__init__.py")]
        assert modules == ["__main__.py", f"{MODULE_UTILS}/_drills/prober.py", f"{MODULE_UTILS}/_live/echo.py"]
        assert {entry.date_time for entry in found.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert path_of("_drills.prober") == "/usr/local/lib/meshwork-wireguard/prober.pyz"


def test_what_is_not_here():
    with pytest.raises(RuntimeError, match=r"_rollback\.gone: its source was not found"):
        archive("_rollback.gone")
