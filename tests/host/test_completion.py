"""Completion: the words at each place, nothing slow behind them, and a real bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from poultice.cli import main
from poultice.cli.completion import VARIABLE
from poultice.cli.root import COMMANDS
from poultice.device.discovery import Port
from poultice.remedies import FAULTS
from poultice.therapy.library import names
from poultice.virtual import options
from tests.host.conftest import Say

BREAKS = " \t\n\"'><=;|&(:"
Complete = Callable[..., list[str]]


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [Port("/dev/ttyACM0", "E66038B713", ""), Port("/dev/ttyACM1", "E66A", "")]
    monkeypatch.setattr("poultice.device.discovery.candidates", lambda: there)


@pytest.fixture
def words(
    ports: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Complete:
    """What a shell is told for a line with the cursor at its end."""

    def told(line: str, shell: str = "bash") -> list[str]:
        monkeypatch.setenv(VARIABLE, f"{shell}_complete")
        if shell == "bash":
            monkeypatch.setenv("COMP_LINE", line)
            monkeypatch.setenv("COMP_POINT", str(len(line)))
            monkeypatch.setenv("COMP_WORDBREAKS", BREAKS)
        else:
            monkeypatch.setenv("COMP_WORDS", line)
            last = line.rpartition(" ")[2]
            monkeypatch.setenv("COMP_CWORD", last if shell == "fish" else str(line.count(" ")))
        capsys.readouterr()
        assert main([]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        if shell == "zsh":
            return out.splitlines()[1::3]
        return [one.partition(",")[2].partition("\t")[0] for one in out.splitlines() if one]

    return told


def test_commands(words: Complete) -> None:
    assert words("poultice ") == list(COMMANDS)
    assert words("poultice st") == ["status", "stop"]
    assert words("poultice --ver") == ["--version", "--verbose"]
    assert words("poultice help st") == ["status", "stop"]
    assert words("poultice firmware ") == ["build", "flash", "info"]


def test_protocols_or_else_a_file(words: Complete) -> None:
    assert words("poultice run ") == words("poultice protocols show ") == names()
    assert words("poultice run tend") == ["tendinitis", "tendinosis"]


@pytest.mark.parametrize("line", ["protocols check ./m", "run ./m", "protocols show ./m"])
def test_a_file_that_may_be_a_protocol(
    line: str, words: Complete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.toml", "MINE.TOML", "more.html", ".m.toml"):
        Path(name).touch()
    Path("my").mkdir()
    Path("marsh.toml").mkdir()
    assert words(f"poultice {line}") == ["./marsh.toml/", "./mine.toml", "./my/"]
    assert words(f"poultice {line}ore/") == []
    assert words("poultice run ./.") == ["./.m.toml"]


@pytest.mark.parametrize("line", ["run arthritis --record m", "report -o m", "campaign --plot m"])
def test_a_file_to_write_is_left_to_the_shell(
    line: str, words: Complete, capsys: pytest.CaptureFixture[str]
) -> None:
    words(f"poultice {line}")
    main([])
    assert capsys.readouterr().out == "file,m\n"


def test_recorded_sessions(
    words: Complete, tmp_path: Path, short: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert words("poultice history show ") == []
    assert not (tmp_path / "data").exists()
    monkeypatch.delenv(VARIABLE)
    for _ in range(2):
        assert main(["run", short, "-d", "sim:?speed=max", "--yes"]) == 0
    for line in ("history show ", "history export ", "report "):
        assert words(f"poultice {line}") == ["2", "1"]
    assert words("poultice report 2") == ["2"]


def test_faults(words: Complete) -> None:
    assert words("poultice clear ") == list(FAULTS)
    assert words("poultice clear sensor_o") == ["sensor_open"]


DEVICES = [
    "usb:E66038B713",
    "serial:/dev/ttyACM0",
    "usb:E66A",
    "serial:/dev/ttyACM1",
    "sim:",
    "emulator:",
]


@pytest.mark.parametrize("command", ["run arthritis", "status", "doctor", "calibrate", "simulator"])
@pytest.mark.parametrize("option", ["-d", "--device"])
def test_devices(command: str, option: str, words: Complete) -> None:
    assert words(f"poultice {command} {option} ") == DEVICES


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        # Bash replaces what stands behind the last `:` or `=` alone.
        ("-d us", ["usb:E66038B713", "usb:E66A"]),
        ("-d usb:", ["E66038B713", "E66A"]),
        ("-d usb:E660", ["E66038B713"]),
        ("-d 'usb:E660", ["usb:E66038B713"]),
        ('-d "usb:E660', ["usb:E66038B713"]),
        ("--device=usb:E660", ["E66038B713"]),
        ("--device=us", ["usb:E66038B713", "usb:E66A"]),
        ("-d /dev/ttyACM1", ["/dev/ttyACM1"]),
        ("-d serial:/dev/ttyACM1", ["/dev/ttyACM1"]),
        ("-d sim:", [f"?{name}=" for name in options.READERS]),
        ("-d sim:?sen", ["?sense=", "?sensor_b="]),
        ("-d 'sim:?sense=1&sen", ["sim:?sense=1&sensor_b=", "sim:?sense=1&sensor_b=..."]),
        ("-d sim:?fault=est", ["estop@"]),
        (
            "-d 'sim:?fault=estop@3,tick",
            ["sim:?fault=estop@3,tick_wrap@", "sim:?fault=estop@3,tick_wrap@..."],
        ),
        ("-d 'sim:?user=prom", ["sim:?user=prompt"]),
        ("-d 'sim:?sense=1&sen'", ["'sim:?sense=1&sensor_b='"]),
        ("--device='sim:?us", ["sim:?user=", "sim:?user=..."]),
        ("--device='sim:?us'", ["'sim:?user='"]),
        ("-d sim:?fault=han", []),
        ("-d emulator:?fault=han", ["hang@"]),
        ("-d sim:?user=", ["prompt", "absent"]),
        ("-d sim:?cooler=", ["0", "1"]),
        ("-d sim:?speed=", ["max"]),
        ("-d sim:?ambient=", []),
    ],
)
def test_device_paths(typed: str, told: list[str], words: Complete) -> None:
    assert sorted(words(f"poultice status {typed}")) == sorted(told)


def test_every_option_and_fault_of_the_simulator(words: Complete) -> None:
    assert words("poultice status -d sim:?") == [f"?{name}=" for name in options.READERS]
    assert words("poultice status -d sim:?fault=") == [f"{name}@" for name in options.FAULTS]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_where_the_shell_keeps_the_word_whole(shell: str, words: Complete) -> None:
    assert words("poultice status -d usb:E660", shell) == ["usb:E66038B713"]
    assert words("poultice status --device=usb:E660", shell) == ["--device=usb:E66038B713"]
    assert words("poultice run tendinit", shell) == ["tendinitis"]


def test_clicks_own_variables_are_enough(
    words: Complete, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    words("poultice ")
    monkeypatch.delenv("COMP_LINE")
    monkeypatch.setenv("COMP_WORDS", "poultice\nclear\nsensor_o")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert say([]).out == "plain,sensor_open\n"


def test_the_configuration_of_the_device(words: Complete) -> None:
    assert words("poultice config set sens") == ["sensor_b=", "sense="]
    assert words("poultice config set sensor_b=") == ["true", "false"]
    assert words("poultice config set offset_mc=") == []


@pytest.mark.parametrize(
    "line",
    ["poultice nope ", "poultice run --nope ", "poultice clear a b ", "", "poultice run 'x", "x\\"],
)
def test_a_line_that_makes_no_sense_says_nothing(line: str, words: Complete) -> None:
    words(line)


@pytest.mark.parametrize("shell", ["bash_nope", "tcsh_complete", "bash_complete", "", "_"])
def test_whatever_goes_wrong_says_nothing(
    shell: str, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    monkeypatch.setenv(VARIABLE, shell)
    monkeypatch.delenv("COMP_LINE", raising=False)
    monkeypatch.setenv("COMP_CWORD", "not a number")
    assert say([], 1) == ("", "")


def test_ports_that_cannot_be_listed_cost_only_themselves(
    words: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> list[Port]:
        raise OSError("no such bus")

    monkeypatch.setattr("poultice.device.discovery.candidates", broken)
    assert words("poultice status -d ") == []


def test_a_broken_configuration_file_is_no_matter_here(
    words: Complete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text("[nope")
    monkeypatch.setenv("POULTICE_CONFIG", str(tmp_path / "config.toml"))
    assert words("poultice run tendinit") == ["tendinitis"]


def loaded_by(line: str) -> str:
    """The heavy modules that completing `line` loads."""
    code = (
        "import sys\n"
        "from poultice.cli import main\n"
        "main([])\n"
        "heavy = {'rich', 'sqlite3', 'poultice_core', 'numpy', 'serial.serialposix'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = {
        **os.environ,
        VARIABLE: "bash_complete",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("line", ["st", "clear ", "config set ", "run ", "status -d sim:?"])
def test_it_loads_nothing_that_is_slow(line: str) -> None:
    assert loaded_by(f"poultice {line}") == "[]"


def test_listing_devices_opens_none(words: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a port was opened")

    monkeypatch.setattr("serial.Serial.open", opened)
    monkeypatch.setattr("poultice.device.discovery.open_transport", opened)
    assert words("poultice status -d ") == DEVICES


# The scripts.


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_says_how_to_install_it(shell: str, say: Say) -> None:
    out, err = say(["completion", shell])
    assert f"poultice completion {shell}" in out
    assert "_POULTICE_COMPLETE" in out
    assert err == ""
    if shell == "zsh":
        assert out.startswith("#compdef poultice\n")
        assert "-S ''" in out
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=out, text=True, check=True)


def test_another_shell_is_a_usage_error(say: Say) -> None:
    assert "bash" in say("completion tcsh", 2).err


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("poultice run tendinit", "tendinitis"),
        ("poultice status --device=emu", "emulator:"),
        ("poultice status -d sim:?fault=sensor_o", "sensor_open@"),
    ],
)
def test_in_a_real_bash(line: str, reply: str, tmp_path: Path) -> None:
    program = tmp_path / "poultice"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path[:0] = {[p for p in sys.path if p]!r}\n"
        "from poultice.cli import main\nsys.exit(main())\n"
    )
    program.chmod(0o755)
    script = (
        'source <(poultice completion bash)\ncompopt() { :; }\nCOMP_LINE="$1"\n'
        "COMP_POINT=${#COMP_LINE}\nCOMP_WORDS=($1)\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
        '_poultice_completion poultice\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
        "complete -p poultice\n"
    )
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", line],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stdout.splitlines() == [
        reply,
        "complete -o nosort -F _poultice_completion poultice",
    ]
    assert done.stderr == ""
