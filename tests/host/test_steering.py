"""What is not ours and steers a terminal: names of files, devices and keys, what a device says."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from textual.pilot import Pilot

from poultice.cli import output
from poultice.cli.dashboard.app import Panel
from poultice.language import Translated, tr, use
from poultice.link.messages import Event
from tests.host.conftest import Say
from tests.host.faulty import Faulty, but
from tests.host.test_dashboard import feed, now, shown

# A title, a cleared screen, an 8-bit introducer, a line written over, a turned order.
EVIL = "\x1b]0;mine\x07\x1b[2J\x9b31m\rfine\u202egnp"
SHOWN = r"\x1b]0;mine\x07\x1b[2J\x9b31m\rfine\u202egnp"


def steers(text: str) -> list[str]:
    """Characters that no terminal should be given as they are."""
    return [one for one in text if unicodedata.category(one) in ("Cc", "Cf") and one not in "\n\t"]


@pytest.mark.parametrize(
    "words",
    [
        ["run", f"./{EVIL}.toml", "--yes", "-d", "sim:"],
        ["run", EVIL, "--yes", "-d", "sim:"],
        ["run", "arthritis", "--yes", "-d", f"serial:/dev/{EVIL}"],
        ["run", "arthritis", "--yes", "-d", f"usb:{EVIL}"],
        ["run", "arthritis", "--yes", "-d", f"sim:?{EVIL}=1"],
        ["run", "arthritis", "--yes", "-d", f"sim:?pad={EVIL}"],
        ["run", "arthritis", "--yes", "-d", "sim:?speed=max", "--record", f"/none/{EVIL}"],
        ["watch", "-d", f"/dev/{EVIL}1", "-d", f"/dev/{EVIL}2"],
        ["protocols", "show", EVIL],
        ["protocols", "check", f"./{EVIL}"],
        ["history", "import", f"./{EVIL}"],
        ["history", "export", "-o", f"x.{EVIL}"],
        ["config", "set", f"{EVIL}=1", "-d", "sim:"],
        ["clear", EVIL, "-d", "sim:"],
        ["firmware", "flash", f"./{EVIL}"],
        [EVIL],
        ["status", f"--{EVIL}"],
    ],
    ids=lambda words: " ".join(words[:4]).replace(EVIL, "EVIL"),
)
def test_an_error_shows_it_and_does_not_do_it(words: list[str], say: Say) -> None:
    missing = words[-1].startswith(("usb:", "serial:", "/dev/"))
    told = say(words, 3 if missing else 2)
    assert steers(told.out + told.err) == []
    assert "fine" in told.err


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_key_of_the_configuration_file(language: str, set_in_file: Any, say: Say) -> None:
    key = SHOWN.replace("\\x1b", "\\u001b").replace("\\x07", "\\u0007").replace("\\x9b", "\\u009b")
    set_in_file(f'language = "{language}"\n"{key}" = 1\n')
    told = say("status -d sim:", 2)
    assert steers(told.err) == [] and "fine" in told.err


def test_what_a_device_says(device: Faulty, say: Say) -> None:
    device.answers["hello"] = but(firmware=EVIL)
    told = say("status")
    assert steers(told.out) == [] and SHOWN in told.out
    assert say("status --json").json["device"]["firmware"] == EVIL


def test_a_full_screen_too() -> None:
    one = feed(f"/dev/{EVIL}")
    one.show(now(5, fault=EVIL))
    one.show(Event("warning", 6_000, {"kind": "warning", "what": EVIL}))

    @shown(one, size=(160, 48))
    async def scenario(pilot: Pilot[None]) -> None:
        panels = [one for one in pilot.app.query(Panel) if one.display]
        seen = "".join(one.render_line(y).text for one in panels for y in range(len(one.lines)))
        assert steers(seen) == [] and "fine" in seen


def test_our_colours_stay_and_so_does_the_english(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "coloured", lambda stream: True)
    use("de")
    heard: list[str] = []
    with output.also(heard.append):
        output.say_error(tr("there is no protocol named {name}", name=EVIL), None)
    assert capsys.readouterr().err.startswith("\033[31mFehler:\033[0m ")
    assert SHOWN in heard[0] and "there is no protocol named" in heard[0]
    told = output.clean(tr("there is no protocol named {name}", name=EVIL))
    assert isinstance(told, Translated) and told.english.endswith(SHOWN)
    assert output.clean(text := "Größe\t1\u00a0°C\n→ …") is text
