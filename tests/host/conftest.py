"""What the host's tests share: a record and no ports, a device, and the command line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from poultice.cli import attend, main
from poultice.language import tr
from tests.host.faulty import PATH, Faulty
from tests.host.written import phase, protocol


class Said(NamedTuple):
    """What a command said on its two streams."""

    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The object it ended with."""
        found = json.loads(self.out.splitlines()[-1])
        assert isinstance(found, dict)
        return found

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(one) for one in self.out.splitlines()]


Say = Callable[..., Said]


@pytest.fixture(autouse=True)
def own_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The record is in `data` of the directory given, nothing is plugged in, nobody types."""
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    # What a test speaks is over with it.
    monkeypatch.setattr("poultice.language._catalogue", None)
    monkeypatch.setattr("poultice.language._name", "en")
    return tmp_path


@pytest.fixture
def data(own_record: Path) -> Path:
    """The folder of the record; it is there."""
    (own_record / "data").mkdir()
    return own_record / "data"


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command line in this process; what it said, once it ended with the code given."""

    def said(line: str | Sequence[str], code: int = 0) -> Said:
        capsys.readouterr()
        ended = main(line.split() if isinstance(line, str) else list(line))
        out, err = capsys.readouterr()
        assert ended == code, err
        assert "Traceback" not in err
        assert code in (0, 130) or f"{tr('error:')} " in err or (out, err) == ("", "")
        return Said(out, err)

    return said


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Somebody is at the terminal, and types."""

    def types(text: str) -> None:
        monkeypatch.setattr(attend, "at_terminal", lambda: True)
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return types


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Faulty], Faulty]:
    """Make a device the one that every path opens."""

    def plugged(device: Faulty) -> Faulty:
        monkeypatch.setattr("poultice.device.discovery.open_transport", lambda path: device)
        monkeypatch.setattr("poultice.device.discovery.choose", lambda: PATH)
        return device

    return plugged


@pytest.fixture
def device(plug_in: Callable[[Faulty], Faulty]) -> Faulty:
    """One with nothing wrong, which every path opens."""
    return plug_in(Faulty())


@pytest.fixture
def pads(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], tuple[list[Faulty], list[str]]]:
    """So many devices, each at its own port, and the words that name them on a command line."""

    def plugged(count: int) -> tuple[list[Faulty], list[str]]:
        made = [Faulty(f"?seed={n}", path=f"serial:/dev/ttyACM{n}") for n in range(count)]
        at = {one.path: one for one in made}
        monkeypatch.setattr("poultice.device.discovery.open_transport", lambda path: at[path])
        return made, [word for path in at for word in ("-d", path)]

    return plugged


@pytest.fixture
def set_in_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Write the configuration file."""

    def written(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("POULTICE_CONFIG", str(path))
        return path

    return written


@pytest.fixture
def short(tmp_path: Path) -> str:
    """A protocol of half a minute's heat."""
    path = tmp_path / "short.toml"
    path.write_text(protocol("short", phase("heat", 40, 30)), encoding="utf-8")
    return str(path)
