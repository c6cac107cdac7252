"""What a page keeps alive that nobody sees, and what that costs: a session run by the page in a
tab in the background of a real Chromium with a window, on a device in real time.

    xvfb-run python -m tests.browser.hidden --minutes 41

Prints what the page says of its visibility, how the session ended, the processor
time of the whole browser meanwhile, as a share of one core, and what the page holds after so many
samples: both heaps of JavaScript, and the interpreter's, each after it was swept. `--bare` runs
the same browser without the page: a tab that reads the port and pings, which is what the tests'
own way to the port costs. Not a test: it takes as long as it says.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from poultice.link import wire
from poultice.therapy import library
from poultice.therapy.phase import Phase, Protocol
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
  setTimeout(() => fetch(`/serial/seen-${document.visibilityState}`, { method: "POST" }), 30000);
});
"""
# A worker that has the port and nothing else: it pings and reads.
BARE = """
import { serial } from "./port.js";
const [port] = await serial.getPorts();
await port.open({});
const writer = port.writable.getWriter(), reader = port.readable.getReader();
setInterval(() => writer.write(new TextEncoder().encode(PING)), 2000);
while (!(await reader.read()).done);
"""
COUNTED = """
new Promise((resolve) => {
  const asked = indexedDB.open("poultice");
  asked.onsuccess = () => {
    const lines = asked.result.transaction("lines").objectStore("lines").count();
    lines.onsuccess = () => { asked.result.close(); resolve(lines.result); };
  };
})
"""
USED = "import gc; gc.collect(); used = gc.mem_alloc()"
SWEPT = f"interpreter.runPython({json.dumps(USED)}), interpreter.globals.get('used')"
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")

# The longest session that a device takes.
LONG = Protocol(
    "long",
    "A long one",
    "Forty minutes.",
    (),
    "any",
    (Phase("heat", 38_500, 900), Phase("rest", None, 600), Phase("heat", 38_500, 900)),
    "",
)


class Browser:
    """Chromium, and the pipe on which it is asked what its tabs and workers hold."""

    def __init__(self, chromium: str, profile: str, *more: str) -> None:
        asked, self._to = os.pipe()
        self._from, answered = os.pipe()
        # Where it looks for them: asked on 3, answering on 4.
        far = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 10) for one in (asked, answered)]
        log = os.open(os.devnull, os.O_WRONLY)
        actions = [(os.POSIX_SPAWN_DUP2, log, 2)]
        actions += [(os.POSIX_SPAWN_DUP2, one, 3 + n) for n, one in enumerate(far)]
        command = [chromium, "--no-sandbox", "--disable-gpu", "--no-first-run",
                   "--remote-debugging-pipe", f"--user-data-dir={profile}", *more]  # fmt: skip
        self.leader = os.posix_spawn(
            chromium, command, os.environ, file_actions=actions, setsid=True
        )
        for one in (asked, answered, log, *far):
            os.close(one)
        self._id = 0
        self._rest = b""
        self._events: list[dict[str, Any]] = []

    def ask(self, method: str, params: dict[str, Any] | None = None, session: str = "") -> Any:
        """The answer to one request of its debugging protocol."""
        self._id += 1
        told = {"id": self._id, "method": method, "params": params or {}}
        if session:
            told["sessionId"] = session
        os.write(self._to, json.dumps(told).encode() + b"\0")
        while (answer := self._heard()).get("id") != self._id:
            self._events.append(answer)
        assert "result" in answer, answer
        return answer["result"]

    def _heard(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            self._rest += os.read(self._from, 65_536)
        line, _, self._rest = self._rest.partition(b"\0")
        heard: dict[str, Any] = json.loads(line)
        return heard

    @contextmanager
    def attached(self) -> Iterator[tuple[str, str]]:
        """The sessions of the page and of its worker."""
        found = self.ask("Target.getTargets")["targetInfos"]
        (page,) = [one["targetId"] for one in found if "/pad.html" in one["url"]]
        to = {"targetId": page, "flatten": True}
        session = self.ask("Target.attachToTarget", to)["sessionId"]
        self._events.clear()
        follow = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True}
        self.ask("Target.setAutoAttach", follow, session)
        (worker,) = [
            one["params"]["sessionId"]
            for one in self._events
            if one["method"] == "Target.attachedToTarget"
        ]
        try:
            yield session, worker
        finally:
            self.ask("Target.detachFromTarget", {"sessionId": session})

    def value(self, expression: str, session: str) -> Any:
        asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        return self.ask("Runtime.evaluate", asked, session)["result"]["value"]

    def heap(self, session: str) -> int:
        """Bytes that JavaScript holds there, swept."""
        self.ask("HeapProfiler.collectGarbage", session=session)
        return int(self.ask("Runtime.getHeapUsage", session=session)["usedSize"])

    def ticks(self) -> Counter[str]:
        """The processor time of its processes, by their kind."""
        spent: Counter[str] = Counter()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
                words = stat.with_name("cmdline").read_text().replace("\0", " ").split()
            except OSError:
                continue
            if int(fields[3]) == self.leader:
                kinds = [word.split("=")[1] for word in words if word.startswith("--type=")]
                kind = kinds[0] if kinds else "browser"
                spent[kind] += int(fields[11]) + int(fields[12])
        return spent

    def close(self) -> None:
        os.kill(self.leader, signal.SIGTERM)
        os.waitpid(self.leader, 0)
        os.close(self._to)
        os.close(self._from)


def held(browser: Browser) -> str:
    """What the page holds now, for a reader."""
    with browser.attached() as (at_page, at_worker):
        lines = browser.value(COUNTED, at_page)
        page = browser.heap(at_page)
        python = browser.value(SWEPT, at_worker)
        worker = browser.heap(at_worker)
    sizes = f"page {page / 1000:.0f}, worker {worker / 1000:.0f}, interpreter {python / 1000:.0f}"
    return f"{lines} lines kept; {sizes} kB"


def said(browser: Browser) -> str:
    """How it ended, as the page has it."""
    with browser.attached() as (at_page, _):
        return str(browser.value("document.querySelector('#end').textContent", at_page))


def share(before: Counter[str], after: Counter[str], lived_s: float) -> str:
    """Processor time between two moments, as shares of one core."""
    parts = {kind: 100 * (after[kind] - before[kind]) / TICKS_A_SECOND / lived_s for kind in after}
    each = ", ".join(f"{kind} {part:.2f}" for kind, part in sorted(parts.items()))
    return f"{sum(parts.values()):.2f} % of a core ({each})"


def built(folder: Path, bare: bool) -> Path:
    """The pages, with a long session first, and the interpreter where it can be asked."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(library, "all_protocols", lambda: [LONG])
        site = pads.built(folder)
    script = site / "browser/python.js"
    told = script.read_text(encoding="utf-8")
    shown = told.replace("  return { python,", "  self.interpreter = python;\n  return { python,")
    assert shown != told
    script.write_text(shown, encoding="utf-8")
    if bare:
        ping = b"\n" + wire.encode({"jsonrpc": "2.0", "id": 1, "method": "ping"})
        worker = BARE.replace("PING", json.dumps(ping.decode()))
        (site / "browser/pad-worker.js").write_text(worker, encoding="utf-8")
        page = '<!doctype html><title>bare</title><script type="module" src="bare.js"></script>'
        (site / "browser/pad.html").write_text(page, encoding="utf-8")
        bare_js = 'new Worker("pad-worker.js", { type: "module" });'
        (site / "browser/bare.js").write_text(bare_js, encoding="utf-8")
    return site


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--bare", action="store_true")
    given = parser.parse_args()
    chromium = chromium_here()
    assert chromium is not None, "no Chromium here: `make browser`"
    port, bridge = pads.Port(), [pads.BRIDGE] if given.bare else [pads.BRIDGE, PERSON]
    seen: list[str] = []
    asked_at = [minute for minute in (1, 5, 10, 20, 30, 39) if minute <= given.minutes]
    told = ""
    with tempfile.TemporaryDirectory() as folder:
        site = built(Path(folder, "site"), given.bare)
        with (
            Served("?speed=1&user=absent") as served,
            pads.served(site, port, bridge, seen) as address,
        ):
            port.plug(served.path)
            browser = Browser(chromium, f"{folder}/profile", "about:blank", f"{address}/pad.html")
            try:
                while not (port.held if given.bare else served.running):
                    time.sleep(0.5)
                # What a start costs is another thing.
                time.sleep(20)
                began_s, before = time.monotonic(), browser.ticks()
                asking: Counter[str] = Counter()
                lives, lived_s = True, 0.0
                while lives and lived_s < 60 * given.minutes:
                    time.sleep(1)
                    lives = given.bare or served.running
                    lived_s = time.monotonic() - began_s
                    if asked_at and not given.bare and lived_s >= 60 * asked_at[0]:
                        now = browser.ticks()
                        print(f"minute {asked_at.pop(0)}: {held(browser)}", flush=True)
                        # What asking costs is not the page's.
                        asking += browser.ticks() - now
                after = browser.ticks() - asking
                if not given.bare:
                    time.sleep(10)
                    told = f"{held(browser)}; the page: {said(browser) or 'it runs'}"
            finally:
                browser.close()
    print(f"seen as: {', '.join(sorted(set(seen)))}")
    print(f"after {lived_s / 60:.1f} min: {told}")
    print(f"Chromium: {share(before, after, lived_s)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
