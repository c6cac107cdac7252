"""What a page keeps alive that nobody sees: a session of 20 minutes, run by the page in a tab in
the background of a real Chromium with a window, on a device in real time.

    xvfb-run python -m tests.browser.hidden --minutes 10

Prints what the page says of its visibility, whether the session ran all the while, and the
processor time of the whole browser meanwhile, as a share of one core. Not a test: it takes as long
as it says.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.browser import pads
from tests.browser.conftest import chromium_here
from tests.host.served import Served

# The person: connects, answers, starts, and looks at another tab.
PERSON = """
if (typeof window !== "undefined") addEventListener("load", () => {
  const every = setInterval(() => {
    const at = (one) => document.querySelector(one);
    if (!document.body.dataset.connected) return at("main:not([hidden])") && at("#connect").click();
    if (document.body.dataset.state !== "idle") return clearInterval(every);
    for (const one of document.querySelectorAll("#questions input[value=no]")) one.click();
    at("#age").value = "none";
    at("#start").click();
  }, 2000);
  setInterval(() => fetch(`/serial/seen-${document.visibilityState}`, { method: "POST" }), 5000);
});
"""
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def processor_s(leader: int) -> float:
    """Of all processes of that session, which Chromium's are."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader:
            total += int(fields[11]) + int(fields[12])
    return total / TICKS_A_SECOND


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10.0)
    minutes = parser.parse_args().minutes
    chromium = chromium_here()
    assert chromium is not None, "no Chromium here: `make browser`"
    port, bridge = pads.Port(), [pads.BRIDGE, PERSON]
    seen: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        site = pads.built(Path(folder, "site"))
        with (
            Served("?speed=1&user=absent") as served,
            pads.served(site, port, bridge, seen) as address,
        ):
            port.plug(served.path)
            browser = subprocess.Popen(
                [chromium, "--no-sandbox", "--disable-gpu", "--no-first-run",
                 f"--user-data-dir={folder}/profile", "about:blank", f"{address}/pad.html"],
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            try:
                while not served.running:
                    time.sleep(0.5)
                time.sleep(20)
                began_s, before_s = time.monotonic(), processor_s(browser.pid)
                seen.clear()
                while served.running and time.monotonic() - began_s < 60 * minutes:
                    time.sleep(1)
                lived_s = time.monotonic() - began_s
                share = (processor_s(browser.pid) - before_s) / lived_s
                lives = served.running
            finally:
                browser.terminate()
                browser.wait()
    print(f"seen as: {', '.join(sorted(set(seen)))}")
    print(f"the session {'runs on' if lives else 'ended'} after {lived_s / 60:.1f} min")
    print(f"Chromium: {100 * share:.1f} % of a core")
    return 0 if lives else 1


if __name__ == "__main__":
    sys.exit(main())
