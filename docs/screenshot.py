"""Take the pictures of the live view: what it draws of sessions on simulated devices, as SVG.

    python docs/screenshot.py docs/images

Nothing is drawn by hand: the sessions are run at full speed, what the devices say is given to the
view in a terminal of 80 by 24, and Textual writes down what it would have put there.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from poultice import session
from poultice.cli.dashboard import LEAST, Dashboard
from poultice.cli.feed import Feed
from poultice.cli.keys import Keys
from poultice.device import discovery
from poultice.session.engine import Engine
from poultice.therapy import library, screening

FONT = 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace'


@dataclass(frozen=True)
class Pad:
    """One device of a picture: what runs on it, and until when."""

    protocol: str
    device: str
    until_s: int
    shown_as: str


@dataclass(frozen=True)
class Picture:
    """One file."""

    name: str
    title: str
    pads: tuple[Pad, ...]
    light: bool = False


_ARTHRITIS = Pad("arthritis", "sim:?speed=max", 560, "sim:")
_CONTRAST = Pad("contrast", "sim:?speed=max&cooler=1", 700, "sim:?cooler=1")
PICTURES = (
    Picture("run.svg", "poultice run arthritis", (_ARTHRITIS,)),
    Picture("run-light.svg", "poultice run contrast", (_CONTRAST,), light=True),
    Picture(
        "fleet.svg",
        "poultice run arthritis -d A -d B -d C",
        (
            Pad("arthritis", "sim:?speed=max&fault=sensor_open@300", 700, "usb:E6614C311B"),
            Pad("arthritis", "sim:?speed=max&ambient=18", 610, "usb:E6614C4A27"),
            Pad("arthritis", "sim:?speed=max&seed=3", 240, "usb:E6614C7F0D"),
        ),
    ),
)


def played(pad: Pad) -> Feed:
    """What the device said until `until_s` of its session, ready to be drawn."""
    protocol = library.load(pad.protocol)
    with discovery.open_device(pad.device) as client:
        hello = client.hello()
        plan, _ = session.plan_for(protocol, hello)
        session.judged(protocol, screening.assumed(protocol))
        session.make_ready(client)
        engine = Engine(client, plan)
        feed = Feed(
            pad.shown_as,
            engine.orders,
            title=plan.name,
            phases=plan.to_wire()["phases"],
            says=[phase.say for phase in plan.phases],
            limits=hello.limits,
        )
        with contextlib.closing(session.heard(engine, feed.show)) as updates:
            for _ in updates:
                if engine.tally.last_ms - (engine.tally.first_ms or 0) > pad.until_s * 1000:
                    break
    return feed


async def taken(picture: Picture) -> str:
    """The picture as SVG that fetches nothing."""
    feeds = [played(pad) for pad in picture.pads]
    app = Dashboard(feeds, Keys(feeds, stop_all=lambda: None), light=picture.light, look_s=None)
    async with app.run_test(size=LEAST) as pilot:
        app.look()
        await pilot.pause()
        svg = app.export_screenshot(title=picture.title)
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S)
    svg = re.sub(r"font-family: Fira Code, monospace", f"font-family: {FONT}", svg)
    svg = re.sub(r"terminal-\d+", "poultice", svg)
    return re.sub(r"\n\s*\n+", "\n", svg)


def main() -> None:
    """Write the pictures to the directory given."""
    for picture in PICTURES:
        path = Path(sys.argv[1]) / picture.name
        path.write_text(asyncio.run(taken(picture)), encoding="utf-8")
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
