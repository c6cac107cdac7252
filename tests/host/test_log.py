"""`--log-file`, `-v` and `-vv`: what was asked and said, with its times, and never waited for."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from poultice.cli import log, main
from poultice.cli.record_file import LinesFile
from tests.host.conftest import Say
from tests.host.written import phase, protocol

SIM = "sim:?speed=max"
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  "


@pytest.fixture(autouse=True)
def at(own_record: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POULTICE_CONFIG", str(own_record / "config.toml"))
    monkeypatch.chdir(own_record)
    Path("config.toml").touch()
    Path("mine.toml").write_text(protocol("mine", phase("heat", 40, 30)), encoding="utf-8")
    return own_record


def written(name: str = "log") -> list[str]:
    lines = Path(name).read_text(encoding="utf-8").splitlines()
    assert all(re.match(STAMP, line) for line in lines)
    return [re.sub(STAMP, "", line) for line in lines]


@pytest.mark.parametrize("level", ["", "-v", "-vv"])
def test_a_session_with_its_log(level: str) -> None:
    line = ["run", "mine.toml", "-d", SIM, "--yes", "--log-file", "log", *filter(None, [level])]
    assert main(line) == 0
    told = written()
    assert told[0].endswith(" ".join(line)) and told[-1] == "done"
    # What was said on stderr is there at every level, to the last line.
    assert told[-2] == "`poultice report 1` makes a page of this session"
    assert told[-3].startswith("next session after ")
    assert any(re.fullmatch(r"00:\d\d  complete", one) for one in told)
    asked = [one for one in told if one.startswith(f"{SIM}  > ")]
    heard = [one for one in told if one.startswith(f"{SIM}  < ")]
    if not level:
        assert asked == heard == []
    if level == "-v":
        assert [one.rpartition(" ")[2] for one in asked if "arm" in one] == ["arm"]
        assert f"{SIM}  < event complete" in heard
        assert not [one for one in told if "telemetry" in one or "ping" in one]
    if level == "-vv":
        for one in (*asked, *heard):
            json.loads(one.partition("{")[2].join(("{", "")).rpartition("*")[0])
        assert any('"telemetry"' in one for one in heard)
        assert any('"arm"' in one for one in asked)


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_it_is_its_owners_alone_and_gone_on_with(umask: int) -> None:
    Path("old").touch(mode=0o666)
    Path("old").chmod(0o666)
    before = os.umask(umask)
    try:
        for name in ("log", "log", "old"):
            assert main(["status", "-d", "sim:", "--log-file", name]) == 0
    finally:
        os.umask(before)
    assert [stat.S_IMODE(os.stat(name).st_mode) for name in ("log", "old")] == [0o600] * 2
    assert written().count("done") == 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("run mine.toml -d sim: --yes --log-file mine.toml", "read by this very session"),
        ("run mine.toml -d sim: --yes --log-file=link.toml", "read by this very session"),
        ("status -d sim: --log-file config.toml", "read by this very session"),
        ("--log-file data/history.sqlite3 status -d sim:", "read by this very session"),
        ("run mine.toml -d sim: --yes --record new --log-file new", "named twice"),
        ("--log-file data/history.sqlite3-wal status -d sim:", "named twice"),
        ("status -d sim: --log-file data/history.sqlite3-shm", "named twice"),
        ("status -d sim:?state=kept&seed=2 --log-file kept/log", "of a simulated device"),
        ("status -d sim:?state=kept --log-file kept", "of a simulated device"),
        ("status --device=sim:?seed=2&state=./kept --log-file kept/log", "of a simulated device"),
        ("--log-file a status -d sim: --log-file b", "given twice: a and b"),
        ("status -d sim: --log-file -", "-v without --log-file"),
        ("--log-file - status -d sim:", "-v without --log-file"),
        ("status -d sim: --log-file data", "it is a directory"),
        ("status -d sim: --log-file no/where", "no such directory"),
        ("status -d sim: --log-file /dev/zero", "is a device"),
    ],
)
def test_what_is_an_input_or_no_file_is_refused(line: str, says: str, say: Say) -> None:
    Path("link.toml").symlink_to("mine.toml")
    Path("data").mkdir()
    Path("data/history.sqlite3").touch()
    before = Path("mine.toml").read_bytes()
    assert says in say(line, 2).err
    assert Path("mine.toml").read_bytes() == before
    assert not [one for one in ("new", "a", "b", "-", "kept") if Path(one).exists()]


@pytest.mark.parametrize(
    ("line", "configured", "environment"),
    [
        ("run mine.toml -d sim: --yes", '[run]\nrecord = "new"', {}),
        ("run mine.toml -d sim: --yes", 'record = "./new"', {}),
        ("run mine.toml -d sim: --yes", "", {"POULTICE_RECORD": "new"}),
        ("report", '[report]\noutput = "new"', {}),
        ("history export", '[history]\noutput = "new"', {}),
        ("history export", "", {"POULTICE_HISTORY_EXPORT_OUTPUT": "new"}),
        ("history export -onew", "", {}),
        ("status", 'device = "sim:?state=new"', {}),
        ("run mine.toml --yes", "", {"POULTICE_DEVICE": "sim:?state=new"}),
    ],
)
def test_what_a_setting_names_is_no_log_either(
    line: str,
    configured: str,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    say: Say,
) -> None:
    Path("config.toml").write_text(f"{configured}\n", encoding="utf-8")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    told = say(["--log-file", "new", *line.split()], 2).err
    assert "named twice" in told or "of a simulated device" in told
    assert not Path("new").exists()


def test_the_command_line_comes_before_any_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("config.toml").write_text('log-file = "configured"\n', encoding="utf-8")
    monkeypatch.setenv("POULTICE_LOG_FILE", "named")
    assert main(["--log-file", "log", "status", "-d", "sim:"]) == 0
    assert main(["--log-file", "log", "status", "-d", "sim:", "--log-file", "log"]) == 0
    assert written().count("done") == 2
    assert not Path("named").exists() and not Path("configured").exists()


def test_one_that_another_program_writes_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    program = "f = open('log', 'a'); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None and other.stdin is not None
        assert other.stdout.readline() == b"open\n"
        line = ["run", "mine.toml", "-d", SIM, "--yes", "--json", "--log-file", "log"]
        assert main(line) == 2
        other.stdin.close()
    told = capsys.readouterr()
    assert "another program writes it" in told.err
    assert json.loads(told.out)["outcome"] == "refused"
    assert Path("log").read_bytes() == b""


def test_without_a_file_it_is_on_stderr(say: Say) -> None:
    told = say("status -d sim: --json -vv")
    assert told.json["schema"] == "poultice.status/1"
    assert re.search(rf'{STAMP}sim:  > {{"jsonrpc":"2.0","id":1,"method":"hello"', told.err)
    assert re.search(rf'{STAMP}sim:  < {{"jsonrpc":"2.0","id":1,"result"', told.err)


def test_how_it_failed_is_in_it() -> None:
    assert main(["status", "-d", "/dev/not-there", "--log-file", "log", "-v"]) == 3
    told = written()
    assert told[1] == "ended by NoDeviceError: there is no port /dev/not-there"
    assert told[2].startswith("hint: check the cable")
    assert len(told) == 3, "an expected refusal is told in words"


def test_an_unexpected_error_has_where_it_arose(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("broken")

    monkeypatch.delenv("POULTICE_DEBUG", raising=False)
    monkeypatch.setattr("poultice.device.discovery.open_device", broken)
    monkeypatch.setenv("POULTICE_VERBOSE", "1")
    assert main(["status", "-d", "sim:", "--log-file", "log"]) == 1
    assert "Traceback (most recent call last):" in written()


@pytest.mark.parametrize(
    "line", ["run nosuch -d sim: -v", "status -d /dev/not-there -vv", "stop -d sim: -v --json"]
)
def test_an_expected_refusal_has_no_traceback(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(line.split())
    assert "Traceback" not in capsys.readouterr().err


def test_several_that_all_went_well_are_done() -> None:
    devices = ["-d", f"{SIM}&seed=1", "-d", f"{SIM}&seed=2"]
    assert main(["run", "mine.toml", "--yes", "--log-file", "log", *devices]) == 0
    assert written()[-1] == "done"


def test_the_environment_and_the_file_say_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("config.toml").write_text('log-file = "configured"\n', encoding="utf-8")
    assert main(["status", "-d", "sim:"]) == 0
    monkeypatch.setenv("POULTICE_LOG_FILE", "named")
    monkeypatch.setenv("POULTICE_VERBOSE", "2")
    assert main(["status", "-d", "sim:"]) == 0
    assert written("configured")[-1] == "done"
    assert any('"hello"' in one for one in written("named"))


def test_a_pipe_that_nobody_reads_costs_its_lines_alone(
    monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    monkeypatch.setattr("poultice.cli.record_file.END_S", 0.05)
    os.mkfifo("log")
    line = ["run", "mine.toml", "-d", SIM, "--yes", "--log-file", "log", "-vv"]
    told = say(line)
    assert "the end of --log-file log is missing" in told.err
    assert "mine: complete" in told.out


def test_two_files_of_one_command_line_are_refused(say: Say) -> None:
    told = say(f"config -d {SIM} --log-file a show --log-file b", 2).err
    assert "--log-file is given twice: a and b" in told


def test_what_does_not_fit_is_dropped_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(log, "KEPT", 3)
    # It takes nothing until the end: what a disk does that answers late.
    monkeypatch.setattr(log.Log, "_run", lambda self: None)
    kept = log.Log(2, LinesFile("--log-file", "log"))
    for _ in range(5):
        kept.heard("sim:", "<", b"{}")
    monkeypatch.setattr(log, "_END_S", 0.01)
    kept.close()
    assert "2 lines were too many for the log" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"\x1b[2J\xff\x00\r\n", "sim:  <  [2J\\xff "),
        ('{"°"}'.encode(), 'sim:  < {"°"}'),
    ],
)
def test_a_line_stays_a_line_whatever_a_device_sends(line: bytes, shown: str) -> None:
    told = log.told((0.5, "sim:", "<", line), whole=True)
    assert told == f"1970-01-01T00:00:00.500Z  {shown}"
    assert log.told((0.5, "sim:", "<", line), whole=False) == (
        "1970-01-01T00:00:00.500Z  sim:  < a line that cannot be read"
    )
