"""What `make` does on a bare machine: `.ci/environment`, its programs played."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALL = "apt-get install -y --no-install-recommends"
# One that runs whatever it is asked, and cannot make an environment before `apt-get` was there.
PYTHON = """#!/bin/sh
case "$*" in
    *"import venv"*) exit 1 ;;
    *print*) echo 3.12 ;;
esac
"""
OLD = "#!/bin/sh\nexit 1\n"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")


def ran(folder: Path, user: int, **variables: str) -> subprocess.CompletedProcess[str]:
    """`.ci/environment` where there is nothing but `folder`'s programs."""
    for name in ("bash", "grep", "rm"):
        (folder / name).symlink_to(str(shutil.which(name)))
    program(folder / "id", f"#!/bin/sh\necho {user}\n")
    return subprocess.run(
        [folder / "bash", ".ci/environment", folder / "made"],
        cwd=ROOT,
        env={"PATH": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("python", "lacks", "packages"),
    [
        (None, "poultice needs Python 3.11 or newer", "python3 python3-venv"),
        (OLD, "poultice needs Python 3.11 or newer", "python3 python3-venv"),
        (PYTHON, "python3 cannot make an environment", "python3.12-venv"),
    ],
)
def test_who_may_not_install_is_told_the_one_command(
    python: str | None, lacks: str, packages: str, tmp_path: Path
) -> None:
    if python is not None:
        program(tmp_path / "python3", python)
    done = ran(tmp_path, 1000)
    assert done.returncode == 1
    assert done.stderr == f"{lacks}. On Debian or Ubuntu: sudo {INSTALL} {packages}\n"


def test_root_installs_what_is_missing_and_says_so_first(tmp_path: Path) -> None:
    program(tmp_path / "python3", PYTHON)
    told = tmp_path / "told"
    apt = f'#!/bin/sh\necho "$*" >>{told}\necho "Need to get 4,2 MB of archives."\n'
    program(tmp_path / "apt-get", apt)
    done = ran(tmp_path, 0)
    assert (done.returncode, done.stderr) == (0, "")
    first, *_, size = done.stdout.splitlines()
    assert first == f"python3 cannot make an environment: {INSTALL} python3.12-venv"
    assert size == "Need to get 4,2 MB of archives."
    assert told.read_text().splitlines() == [
        "update -qq",
        "install --assume-no --no-install-recommends python3.12-venv",
        "install -y --no-install-recommends python3.12-venv -qq",
    ]


def test_a_python_that_is_named_and_will_not_do_is_refused(tmp_path: Path) -> None:
    program(tmp_path / "python3", PYTHON)
    program(tmp_path / "python2", OLD)
    done = ran(tmp_path, 0, PYTHON="python2")
    assert (done.returncode, done.stderr) == (1, "PYTHON=python2 is no Python 3.11 or newer\n")
    assert not (tmp_path / "made").exists()
