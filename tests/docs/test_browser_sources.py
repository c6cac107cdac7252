"""What the page with the guard runs: the core byte by byte, the plant with the same physics."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from docs.browser.device import Page
from docs.site import browser
from poultice_core import codec
from tests.properties.backend import micropython

ROOT = Path(__file__).parents[2]
SCRIPT = """
import json, sys
sys.path.insert({place}, {folder!r})
import device
page = device.Page({density}, {ambient})
page.step(10)
plan = {{"name": "page", "phases": [{{"mode": "heat", "target_mc": 40500, "duration_s": 600}}]}}
armed = json.loads(page.ask("arm", json.dumps({{"plan": plan}})))
page.ask("start", json.dumps({{"token": armed["result"]["token"]}}))
seen = []
for minute in range(12):
    if minute == {fault_at}:
        page.fault({fault!r})
    now = json.loads(page.step(600))
    now["kinds"] = [event["kind"] for event in now.pop("events")]
    seen.append(now)
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("page")
    for name, text in browser.sources().items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return where


def run(command: list[str], script: str) -> list[dict[str, Any]]:
    done = subprocess.run([*command, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen: list[dict[str, Any]] = json.loads(done.stdout)
    return seen


def on_micropython(folder: Path, **values: Any) -> list[dict[str, Any]]:
    interpreter = micropython()
    if interpreter is None:
        pytest.skip("MicroPython's unix port: Linux on x86-64, or its path in MICROPYTHON")
    script = SCRIPT.format(place=0, folder=str(folder), **values)
    return run([interpreter, "-X", "heapsize=8M"], script)


def on_cpython(folder: Path, **values: Any) -> list[dict[str, Any]]:
    """The page's own file on the simulator as it is."""
    script = SCRIPT.format(place=0, folder=str(ROOT / "docs/browser"), **values)
    paths = f"import sys; sys.path[:0] = [{str(ROOT / 'host')!r}, {str(browser.CORE.parent)!r}]\n"
    return run([sys.executable], paths + script)


def test_every_file_of_the_core_is_taken_as_it_is() -> None:
    taken = browser.sources()
    paths = list(browser.CORE.rglob("*.py"))
    assert {path.parent.name for path in paths} == {"poultice_core", "judges"}
    for path in paths:
        name = path.relative_to(browser.CORE.parent).as_posix()
        assert taken[name] == path.read_text(encoding="utf-8")


def test_of_the_simulator_only_types_are_taken_away() -> None:
    """Every number and every operator of the plant is still there."""
    for name in browser.SIMULATED:
        before = ast.parse((browser.HOST / f"virtual/{name}.py").read_text(encoding="utf-8"))
        after = ast.parse(browser.sources()[f"poultice/virtual/{name}.py"])

        def told(tree: ast.AST) -> list[str]:
            kinds = (ast.BinOp, ast.Compare, ast.Call, ast.AugAssign)
            nodes = [one for one in ast.walk(tree) if isinstance(one, kinds)]
            return sorted(map(ast.unparse, nodes))

        kept, given = told(after), told(before)
        # F-strings are said otherwise: tests/docs/test_pad_host.py.
        told_of_tuples = "getattr(self, name)"
        more = [one for one in kept if one not in given and ".format(" not in one]
        assert set(more) <= {told_of_tuples}
        # What may be missing is written in types: `float | None`.
        assert all(" | " in one or "f'" in one for one in given if one not in kept), name


@pytest.mark.parametrize(
    ("density", "ambient", "fault", "fault_at"),
    [(0.05, 23.0, "", 99), (0.10, 18.0, "weld_both", 5), (0.05, 23.0, "sensor_open", 4)],
)
def test_it_does_on_micropython_what_the_simulator_does(
    folder: Path, density: float, ambient: float, fault: str, fault_at: int
) -> None:
    values = {"density": density, "ambient": ambient, "fault": fault, "fault_at": fault_at}
    there, here = on_micropython(folder, **values), on_cpython(folder, **values)

    assert [one["state"] for one in there] == [one["state"] for one in here]
    assert [one["kinds"] for one in there] == [one["kinds"] for one in here]
    assert [one["telemetry"]["fault"] for one in there] == [
        one["telemetry"]["fault"] for one in here
    ]
    for one, other in zip(there, here, strict=True):
        # The noise of the converters differs, and with it the moment of a closing.
        assert one["skin_c"] == pytest.approx(other["skin_c"], abs=0.3)
        assert one["telemetry"]["dose_m"] == pytest.approx(other["telemetry"]["dose_m"], abs=40)


def test_a_device_that_has_just_started_is_asked_again_until_it_is_ready() -> None:
    """A click that came while it wrote was refused, and nothing began."""
    plan = {"name": "page", "phases": [{"mode": "heat", "target_mc": 40_000, "duration_s": 60}]}
    for ticks in range(5, 16):
        one = Page()
        one.step(ticks)

        armed = json.loads(one.ask("arm", json.dumps({"plan": plan})))

        assert "result" in armed, (ticks, armed)


@pytest.mark.parametrize(("retry_ms", "passed_ms"), [(1_000, 10_000), (1_001, 0)])
def test_a_device_that_stays_busy_says_so(
    retry_ms: int, passed_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hours do not pass in one click."""
    one = Page()
    busy = {"error": {"code": codec.BUSY, "data": {"retry_ms": retry_ms}}}
    monkeypatch.setattr(one, "_answer", lambda method, params: busy)

    assert json.loads(one.ask("arm")) == busy
    assert one.board.now_ms == passed_ms


def test_a_package_that_is_not_the_pinned_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "CACHE", tmp_path)
    package = browser.PACKAGES[0]
    archive = tmp_path / f"micropython-webassembly-pyscript-{package.version}.tgz"
    archive.write_bytes(b"something else")

    with pytest.raises(browser.PackageError, match="pinned"):
        browser.packaged()

    assert not archive.exists()
