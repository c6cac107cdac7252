"""Breadth first through everything that a guard can get into."""

from __future__ import annotations

import hashlib
import marshal
import resource
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from poultice_core import states
from poultice_core.relays import PAD
from tests.explore import fields
from tests.explore.watcher import Watcher
from tests.explore.world import ALL_SCENARIOS, Letter, Scenario, World

# The guard's state, and what its shadow remembers.
Node = tuple[fields.State, fields.State]
_CHUNK = 50
# In one state of so many every letter is tried on the same state with nonsense in the fields that
# are said not to matter there, too.
_SPOILT = 16
_JUNK = 77_777


def digest(node: Node) -> bytes:
    """Sixteen bytes for a state: two states in 2^64 would be taken for one."""
    return hashlib.blake2b(marshal.dumps(node), digest_size=16).digest()


class Explorer:
    """One scenario: a letter from a state, and what the shadow says to it."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.world = World(scenario)
        self.watcher = Watcher(scenario)
        self._fresh = self.world.read(), self.watcher.read()
        # Of the last step.
        self.state, self.outputs = states.BOOT, 0

    def start(self) -> Node:
        """Power on."""
        return self._fresh

    def step(self, node: Node, letter: Letter, junk: int = 0) -> tuple[Node, str]:
        """The state after one letter, and the rule that was broken on the way.

        `junk`: what stands in the fields of which the state claims that they do not matter.
        """
        world, watcher = self.world, self.watcher
        world.write(node[0])
        watcher.write(node[1])
        if junk:
            world.spoil(junk)
            watcher.spoil(junk)
        watcher.before(letter)
        world.before(letter)
        seen = world.tick(letter)
        self.state, self.outputs = seen.state, seen.outputs
        broken = watcher.judge(letter, seen, world.guard.answer)
        return (world.read(), watcher.read()), broken

    def apart(self, after: Node, node: Node, letter: Letter, junk: int) -> str:
        """What differs where nonsense stood in the fields that do not matter; nothing."""
        spoilt, broken = self.step(node, letter, junk)
        if broken or spoilt == after:
            return broken
        names = ["first", "heat's age", "cold's age", "short sessions", "records", "order"]
        names += [*self.world.fields.names, *self.watcher.names]
        pairs = zip((*after[0], *after[1]), (*spoilt[0], *spoilt[1]), strict=True)
        return ", ".join(
            name for name, (one, other) in zip(names, pairs, strict=True) if one != other
        )


@dataclass
class Report:
    """What a search saw. `story`: the letters of the shortest way to a broken rule."""

    scenario: str
    states: int = 0
    transitions: int = 0
    depth: int = 0
    letters: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    closed: bool = False
    broken: str = ""
    story: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        end = "closed: that is all" if self.closed else "not closed"
        text = (
            f"{self.scenario:32} {self.letters:>3} letters {self.states:>9,} states"
            f" {self.transitions:>12,} transitions  depth {self.depth:>2}"
            f"  {self.seconds:6.1f} s ({self.cpu_s:.1f} s of processor)  {end}"
        )
        if self.broken:
            text += f"\n  BROKEN: {self.broken}\n    " + "\n    ".join(self.story)
        return text


@dataclass
class Limits:
    """Where a search ends, if not by having seen everything."""

    depth: int = 1_000
    seconds: float = float("inf")
    states: int = 1 << 60


class Walk:
    """A way through a scenario, by the names of its letters."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._letters = {letter.name: letter for letter in explorer.scenario.letters}
        self.node = explorer.start()
        self.way: list[str] = []
        self.found: list[tuple[Node, list[str]]] = [(self.node, [])]
        self.broken: list[tuple[str, list[str]]] = []
        self._at = states.BOOT, 0

    def go(self, name: str) -> None:
        """One letter."""
        self.node, broken = self._explorer.step(self.node, self._letters[name])
        self.way = [*self.way, name]
        self._at = self._explorer.state, self._explorer.outputs
        if broken:
            self.broken.append((broken, self.way))
        self.found.append((self.node, self.way))

    def until(self, name: str, state: int, outputs: int = 0, most: int = 20) -> None:
        """The same letter until the device is in this state with these relays closed."""
        while self._at != (state, outputs) and most:
            self.go(name)
            most -= 1


def replay(scenario: Scenario, letters: list[str]) -> list[str]:
    """Tell a story again, from power-up: the rules that it breaks, in their order.

    Raises KeyError for a letter that the scenario has not.
    """
    walk = Walk(Explorer(scenario))
    for name in letters:
        walk.go(name)
    return [rule for rule, _ in walk.broken]


def session(walk: Walk, plan: str, by_hand: bool) -> None:
    """From idle into the last phase of the plan."""
    first = ", ask cold" if plan == "both" else ""
    cold = "ask cold" if plan == "both" else "a second"
    walk.until("a second", states.IDLE)
    walk.go(f"arm {plan}")
    walk.go(f"start{first}")
    if plan in ("cold", "both"):
        walk.go(cold)
        walk.go(f"confirm{first}")
        walk.go(cold)
    if plan == "both" and by_hand:
        walk.until("a second", states.WAITING)
        walk.go("confirm")
        walk.go("42000 m°C")
    if plan != "cold":
        walk.until("a second", states.RUNNING, PAD)
        walk.go("a second")
        walk.go("a second")


# What a session may run into, and go on with for some ticks.
STUBBORN = (
    *("ask hot", "ask rest", "frozen", "stale", "apart", "open", "nobody", "SENSE low"),
    *("7000 m°C", "10000 m°C", "42999 m°C", "ask hold", "pause", "stall", "SENSE broken"),
)


def stubborn(explorer: Explorer) -> list[Walk]:
    """A session that has begun, and then the same again and again."""
    scenario = explorer.scenario
    plan = scenario.plans[0]
    walks = []
    for name in STUBBORN:
        if name not in {letter.name for letter in scenario.letters}:
            continue
        walk = Walk(explorer)
        walk.until("a second", states.IDLE)
        walk.go(f"arm {plan}")
        walk.go("start, ask cold" if plan == "both" else "start")
        if name != "ask hot" and plan != "cold":
            walk.until("a second", states.RUNNING, PAD, 8)
        for _ in range(4):
            walk.go(name)
        walks.append(walk)
    blind, hot = Walk(explorer), Walk(explorer)
    blind.until("a second", states.IDLE)
    session(hot, plan, not scenario.cooler)
    for name in ("a second", "stop at 43 °C", "43000 m°C"):
        blind.go("open")
        hot.go(name)
    lost, warm, again = Walk(explorer), Walk(explorer), Walk(explorer)
    again.until("a second", states.IDLE)
    for name in (f"arm {plan}", "start", *["a second", "pause", "resume"] * 2):
        again.go(name)
    lost.until("a second", states.IDLE)
    for name in (f"arm {plan}", "start", *["open", "a second"] * 2):
        lost.go(name)
    for _ in range(3):
        warm.go("43000 m°C")
    paused = Walk(explorer)
    session(paused, plan, not scenario.cooler)
    paused.go("pause at 43 °C")
    walks += [blind, hot, lost, warm, again, paused]
    if plan == "cold" and not scenario.cooler:
        left, held, cut = Walk(explorer), Walk(explorer), Walk(explorer)
        session(cut, plan, True)
        for name in ("restart power", *["7001 m°C"] * 6):
            cut.go(name)
        session(left, plan, True)
        session(held, plan, True)
        for name in ("pause", "7000 m°C"):
            held.go(name)
        left.go("7000 m°C")
        left.go("stop")
        for _ in range(6):
            left.go("7001 m°C")
        walks += [left, held, cut]
    return walks


def ordinary(explorer: Explorer) -> list[Walk]:
    """Two sessions, one after the other; one that trips; one that begins with a pack still on;
    and sessions that run into something."""
    scenario = explorer.scenario
    plan, by_hand = scenario.plans[0], not scenario.cooler
    twice, trips, packed = Walk(explorer), Walk(explorer), Walk(explorer)
    for _ in range(2):
        session(twice, plan, by_hand)
        twice.until("ask done", states.IDLE)
        for _ in range(9):
            twice.go("a second")
    session(trips, plan, by_hand)
    for name in ("43000 m°C", "43000 m°C", "42001 m°C", *["button"] * 5):
        trips.go(name)
    if plan != "both" or not by_hand:
        return [twice, trips, *stubborn(explorer)]
    packed.until("a second", states.IDLE)
    for name in (f"arm {plan}", "start, ask cold", "confirm"):
        packed.go(name)
    packed.until("a second", states.RUNNING, PAD, 12)
    said = Walk(explorer)
    said.until("a second", states.IDLE)
    for name in (f"arm {plan}", "start, ask cold", "confirm, ask cold", "ask cold"):
        said.go(name)
    said.until("a second", states.WAITING)
    said.go("confirm")
    said.until("a second", states.RUNNING, PAD, 12)
    return [twice, trips, packed, said, *stubborn(explorer)]


def explore(
    scenario: Scenario, limits: Limits | None = None, *, near: bool = False, jobs: int = 1
) -> Report:
    """From power-up, or (`near`) from every state of an ordinary session, breadth first."""
    return Search(scenario, limits or Limits(), near).run(jobs)


class Search:
    """The states seen, a parent and a letter for each, and the frontier."""

    def __init__(self, scenario: Scenario, limits: Limits, near: bool) -> None:
        self._limits = limits
        self._explorer = Explorer(scenario)
        self._letters = scenario.letters
        self.report = Report(scenario.name, letters=len(scenario.letters))
        self._seen: set[bytes] = set()
        # Of each state: its parent's number and the letter from there; of a root, its own story.
        self._parents: list[tuple[int, int]] = []
        self._roots: dict[int, list[str]] = {}
        self._frontier: list[tuple[int, Node]] = []
        walks = ordinary(self._explorer) if near else [Walk(self._explorer)]
        for node, way in (root for walk in walks for root in walk.found):
            if (mark := digest(node)) not in self._seen:
                self._seen.add(mark)
                self._roots[len(self._parents)] = way
                self._frontier.append((len(self._parents), node))
                self._parents.append((-1, -1))
        for rule, way in (one for walk in walks for one in walk.broken[:1]):
            self.report.broken, self.report.story = rule, way

    def run(self, jobs: int) -> Report:
        """Until closure, a limit, or a broken rule."""
        began_s, began_cpu_s = time.monotonic(), _cpu_s()
        report, limits = self.report, self._limits
        pool = None
        if jobs > 1:
            pool = ProcessPoolExecutor(
                jobs, get_context("fork"), _begin, (self._explorer.scenario.name,)
            )
        try:
            whole = True
            while whole and self._frontier and not report.broken and report.depth < limits.depth:
                whole = self._level(pool, began_s)
        finally:
            if pool is not None:
                pool.shutdown(cancel_futures=True)
        report.closed = not self._frontier and not report.broken
        report.states = len(self._parents)
        report.seconds = time.monotonic() - began_s
        report.cpu_s = _cpu_s() - began_cpu_s
        return report

    def _level(self, pool: ProcessPoolExecutor | None, began_s: float) -> bool:
        """One letter more from each state of the frontier; False where it was broken off."""
        fresh: list[tuple[int, Node]] = []
        whole = True
        for number, found, broken, steps in self._expanded(pool):
            self.report.transitions += steps
            if broken is not None:
                self._break(number, *broken)
                return False
            for mark, letter, node in found:
                if mark not in self._seen:
                    self._seen.add(mark)
                    fresh.append((len(self._parents), node))
                    self._parents.append((number, letter))
            late = time.monotonic() - began_s > self._limits.seconds
            if late or len(self._parents) > self._limits.states:
                whole = False
                break
        if whole:
            self.report.depth += 1
            self._frontier = fresh
        # Else the level is not complete: its depth is not claimed.
        return whole

    def _expanded(self, pool: ProcessPoolExecutor | None) -> Iterator[Any]:
        if pool is None:
            seen = self._seen
            for number, node in self._frontier:
                yield number, *expand(self._explorer, node, seen)
            return
        chunks = [
            self._frontier[start : start + _CHUNK]
            for start in range(0, len(self._frontier), _CHUNK)
        ]
        for chunk in pool.map(_expand_chunk, chunks):
            yield from chunk

    def _break(self, number: int, letter: int, rule: str) -> None:
        story = [self._letters[letter].name]
        while number not in self._roots:
            number, letter = self._parents[number]
            story.append(self._letters[letter].name)
        self.report.story = self._roots[number] + story[::-1]
        self.report.broken = rule


def _cpu_s() -> float:
    """What this process and those it has waited for have used."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


Found = tuple[list[tuple[bytes, int, Node]], tuple[int, str] | None, int]


def expand(explorer: Explorer, node: Node, seen: set[bytes]) -> Found:
    """Every letter from one state: new states, the first broken rule, how many letters."""
    found: list[tuple[bytes, int, Node]] = []
    here = set()
    mark = digest(node)
    # Always where a session is about to begin: it must not begin with anything of the last.
    explorer.world.write(node[0])
    tried = mark[0] % _SPOILT == 0 or explorer.world.guard.state == states.ARMED
    junk = (-_JUNK if mark[1] & 1 else _JUNK) if tried else 0
    for number, letter in enumerate(explorer.scenario.letters):
        after, broken = explorer.step(node, letter)
        if not broken and junk and (apart := explorer.apart(after, node, letter, junk)):
            broken = f"two states that are not alike were taken for one: {apart}"
        if broken:
            return found, (number, broken), number + 1
        mark = digest(after)
        if mark not in seen and mark not in here:
            here.add(mark)
            found.append((mark, number, after))
    return found, None, len(explorer.scenario.letters)


_mine: Explorer
_told: set[bytes]


def _begin(name: str) -> None:
    global _mine, _told
    _mine = Explorer(ALL_SCENARIOS[name])
    _told = set()


def _expand_chunk(chunk: Iterable[tuple[int, Node]]) -> list[Any]:
    """What this process has told once it need not tell again."""
    done: list[Any] = []
    for number, node in chunk:
        found, broken, steps = expand(_mine, node, _told)
        _told.update(mark for mark, _, _ in found)
        done.append((number, found, broken, steps))
    return done
