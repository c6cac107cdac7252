"""Runs the kill suite against mutants, each in a fork of one pytest. No file changes.

A mutant outside functions is a fork that has collected nothing yet: the core is imported with the
mutated text in the place of one module. A mutant inside a function of one of the larger modules is
a fork that has collected everything: the function gets its mutated code. First come the tests that
killed others in the same scope, then those of the module, then the rest of `tests/core`; the first
failure ends it. Hypothesis is derandomised and does not shrink.
"""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import resource
import selectors
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from tests.mutation.modules import ROOT, imported_as, of_host, path_of
from tests.mutation.mutants import Mutant

TESTS = ROOT / "tests" / "core"
HOST_TESTS = ROOT / "tests" / "host"

# What concerns a module most is what bears its name; these bear another. In the order that kills
# soonest.
FIRST = {
    **dict.fromkeys(
        ("guard", "course", "phases", "permit", "interval", "clocks", "parts", "latch"),
        ("test_guard_states.py", "test_guard_latch.py", "test_guard_proofs.py",
         "test_guard_durations.py", "test_guard_temperatures.py", "test_guard_cold_pack.py"),
    ),
    "admission": ("test_guard_states.py", "test_requests.py"),
    "pack": ("test_guard_cold_pack.py",),
    "reading": ("test_guard_sensors.py",),
    "trend": ("test_heating.py", "test_guard_sensors.py"),
    "relays": ("test_relays.py", "test_guard_proofs.py"),
    "judges/cold": ("test_guard_cold_pack.py", "test_guard_temperatures.py"),
    "judges/cutoffs": ("test_guard_temperatures.py",),
    "judges/durations": ("test_guard_durations.py",),
    "judges/heating": ("test_heating.py",),
    "judges/integrity": ("test_guard_integrity.py", "test_limits.py"),
    "judges/lateness": ("test_guard_states.py",),
    "judges/predictive": ("test_guard_temperatures.py",),
    "judges/treatment": ("test_guard_told.py", "test_news.py"),
    "judges/welds": ("test_relays.py",),
    "dose_table": ("test_dose.py",),
    **dict.fromkeys(
        ("commands", "changes", "queries", "waiting", "refusals"),
        ("test_requests.py", "test_loop.py"),
    ),
    "page": ("test_memory.py", "test_journal.py"),
    "link": ("test_loop.py", "test_lines.py"),
    **dict.fromkeys(
        ("witness", "recall", "writer", "entries", "sealed", "wallclock"),
        ("test_memory.py", "test_journal.py", "test_regressions.py"),
    ),
    "adoption": ("test_config.py", "test_memory.py"),
    "settings": ("test_limits.py", "test_config.py", "test_guard_integrity.py"),
    "signals": ("test_news.py",),
    "states": ("test_news.py", "test_telemetry.py"),
    "tick": ("test_guard_states.py",),
    "board": ("test_measure.py", "test_relays.py"),
}  # fmt: skip

# Here no test keeps, from when it was imported, what a function of the module gave: whatever is
# not made of constants and tables, which are worked out when they are imported.
IMPORTED = {
    "board", "dose_table", "entries", "faults", "limits", "signals", "states", "thermistor",
}  # fmt: skip

# The modules of the host are judged by these alone: the rest of its tests start programs.
OF_HOST = {
    "host/session/engine": ("test_session.py", "test_left.py", "test_client_session.py"),
    "host/link/wire": ("test_client.py", "test_transport.py"),
    "host/therapy/plan": ("test_plan.py", "test_library.py"),
}

# Tests of one part by itself, which reach none of the others.
ALONE = {
    f"test_{part}.py"
    for part in (
        "codec", "dose", "faults", "grammar", "ledger", "lines", "plan", "thermistor",
        "thermostat", "ticks",
    )
}  # fmt: skip

# So many mutants of a module at most, by `--most`: the same at every run.
_SEED = 7

# A mutant that loops or grows: seconds of the processor in one test, and bytes. No test takes half.
TEST_S = 5.0
MEMORY = 2 << 30

KILLED = "killed"
TIMEOUT = "timeout"
SURVIVED = "survived"

_KILLERS = 6


class Result:
    """What became of a mutant, and by which test."""

    def __init__(self, mutant: Mutant | None, verdict: str, by: str) -> None:
        self.mutant = mutant
        self.verdict = verdict
        self.by = by


Told = Callable[[Result], None]


def run(module: str, mutants: Iterable[Mutant], jobs: int, told: Told, whole: bool = True) -> None:
    """Judge each mutant of `module`, and first the module as it stands (a result without a
    mutant): by all of its tests where `whole`, else by those that concern it most. RuntimeError
    where pytest does not start."""
    imported: list[Mutant | None] = [None]
    swapped: list[Mutant | None] = [None]
    for mutant in mutants:
        anew = module in IMPORTED or of_host(module)
        (swapped if mutant.inside and not anew else imported).append(mutant)
    for queue, collected in ((imported, False), (swapped, True)):
        if len(queue) == 1:
            continue
        plugin = _Forks(module, queue, collected, jobs, told, whole)
        off = ("cacheprovider", "terminal", "benchmark", "cov", "xdist")
        arguments = [word for name in off for word in ("-p", f"no:{name}")]
        arguments += ["-o", "addopts=--import-mode=importlib --strict-markers"]
        arguments += [f"--rootdir={ROOT}", "-c", str(ROOT / "pyproject.toml")]
        # The folder of the host's tests has a conftest that imports the host: not before the fork.
        arguments.append(str(HOST_TESTS.parent if of_host(module) else TESTS))
        code = pytest.main(arguments, plugins=[plugin])
        for name in list(sys.modules):
            if name.startswith(("poultice", "tests.core", "tests.host")):
                del sys.modules[name]
        if not plugin.done:
            raise RuntimeError(f"pytest ended with {code} before the last mutant")


def chosen(mutants: Iterable[Mutant], most: int) -> list[Mutant]:
    """All, or a sample of `most`."""
    every = list(mutants)
    if len(every) <= most:
        return every
    dice = random.Random(_SEED)
    return [every[i] for i in sorted(dice.sample(range(len(every)), most))]


def tests_of(module: str) -> list[str]:
    """The files that concern a module most: those named after it, else as in FIRST."""
    if of_host(module):
        return list(OF_HOST[module])
    own = f"test_{module.rpartition('/')[2]}.py"
    named = FIRST.get(module, ())
    names = [own, *named] if own not in named else list(named)
    return [name for name in names if (TESTS / name).exists()]


def _parts(module: str) -> list[list[str]]:
    if of_host(module):
        # At once: what is collected later in a session does not find the fixtures of its folder.
        return [[str(HOST_TESTS / name) for name in tests_of(module)]]
    first = [str(TESTS / name) for name in tests_of(module)]
    rest = [
        str(path)
        for path in sorted(TESTS.glob("test_*.py"))
        if str(path) not in first and path.name not in ALONE
    ]
    return [*([path] for path in first), rest]


class _Forks:
    """The pytest plugin that forks where pytest would collect, or has just done so."""

    def __init__(
        self,
        module: str,
        mutants: Iterable[Mutant | None],
        collected: bool,
        jobs: int,
        told: Told,
        whole: bool,
    ) -> None:
        self.module = module
        self.mutants = iter(mutants)
        self.collected = collected
        self.jobs = jobs
        self.told = told
        self.whole = whole
        self.done = False
        self._child: int | None = None
        self._killers: dict[str, list[str]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        _warm_up()
        if self.collected:
            session.perform_collect([path for part in _parts(self.module) for path in part])
        gc.collect()
        gc.freeze()
        running: dict[int, tuple[int, Mutant | None]] = {}
        with selectors.DefaultSelector() as ends:
            more = True
            while more or running:
                while more and len(running) < self.jobs:
                    try:
                        mutant = next(self.mutants)
                    except StopIteration:
                        more = False
                        break
                    pid, end = self._fork(session, mutant)
                    running[end] = pid, mutant
                    ends.register(end, selectors.EVENT_READ)
                for key, _ in ends.select() if running else ():
                    end = key.fd
                    ends.unregister(end)
                    pid, mutant = running.pop(end)
                    result = _result(pid, end, mutant)
                    self._remember(result)
                    self.told(result)
        self.done = True
        return True

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        return None if self._child is not None else True

    def pytest_runtest_setup(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, TEST_S)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._tell(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._tell(f"{report.nodeid} (import)")

    def _tell(self, nodeid: str) -> None:
        if self._child is not None:
            os.write(self._child, nodeid.encode()[:4000])
            os._exit(1)

    def _fork(self, session: pytest.Session, mutant: Mutant | None) -> tuple[int, int]:
        end, self._child = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                self._judge(session, mutant)
            except BaseException as error:
                self._tell(f"{type(error).__name__} (outside a test)")
            os._exit(0)
        os.close(self._child)
        self._child = None
        return pid, end

    def _judge(self, session: pytest.Session, mutant: Mutant | None) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.setitimer(signal.ITIMER_PROF, TEST_S)
        killers = self._killers.get(mutant.scope, []) if mutant is not None else []
        loop = session.config.hook.pytest_runtestloop
        parts = _parts(self.module)
        if mutant is None and not self.whole:
            parts = parts[: len(tests_of(self.module))]
        if self.collected:
            if mutant is not None:
                _swap(mutant)
            asked = {path for part in parts for path in part}
            session.items[:] = [item for item in session.items if str(item.path) in asked]
            session.items.sort(key=lambda item: item.nodeid not in killers)
            loop(session=session)
            return
        if mutant is not None:
            sys.meta_path.insert(0, _Finder(mutant))
        for part in (killers, *parts):
            try:
                session.perform_collect(part) if part else None
            except pytest.UsageError:
                if part is not killers:
                    raise
                continue  # named after what has changed, it is called something else now
            if part:
                loop(session=session)

    def _remember(self, result: Result) -> None:
        if result.mutant is None or "::" not in result.by:
            return
        killers = self._killers.setdefault(result.mutant.scope, [])
        if result.by in killers:
            killers.remove(result.by)
        killers.insert(0, result.by)
        del killers[_KILLERS:]


def _warm_up() -> None:
    """What every fork would import again, and the profile that they all take."""
    import hypothesis.internal.conjecture.engine
    from hypothesis import Phase, settings

    assert hypothesis.internal.conjecture.engine
    loaded = [name for name in sys.modules if name.startswith("poultice")]
    if loaded:
        raise RuntimeError(f"{loaded} imported before the first mutant")
    settings.register_profile(
        "mutation", parent=settings.get_profile("ci"), phases=(Phase.explicit, Phase.generate)
    )
    settings.load_profile("mutation")


def _result(pid: int, end: int, mutant: Mutant | None) -> Result:
    by = b""
    while part := os.read(end, 4096):
        by += part
    os.close(end)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return Result(mutant, TIMEOUT, signal.Signals(os.WTERMSIG(status)).name)
    if os.WEXITSTATUS(status):
        return Result(mutant, KILLED, by.decode())
    return Result(mutant, SURVIVED, "")


def _compiled(mutant: Mutant) -> CodeType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `is` with a number is a mutant like others
        code: CodeType = compile(mutant.source, str(path_of(mutant.module)), "exec")
        return code


def _swap(mutant: Mutant) -> None:
    """Give the function in which the mutant is its code; all that holds the function has it."""
    old = sys.modules[imported_as(mutant.module)]
    new = ModuleType(old.__name__)
    new.__package__ = old.__package__
    exec(_compiled(mutant), new.__dict__)
    holder: Any = old
    *classes, name = mutant.scope.split(".")
    for one in classes:
        holder, new = vars(holder)[one], vars(new)[one]
    function, mutated = vars(holder)[name], vars(new)[name]
    if function.__code__.co_freevars == mutated.__code__.co_freevars:
        function.__code__ = mutated.__code__
    else:  # `super()` has gone
        setattr(
            holder, name, FunctionType(mutated.__code__, vars(old), name, function.__defaults__)
        )


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the mutated text for one module of the core."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != imported_as(self.mutant.module):
            return None
        origin = str(path_of(self.mutant.module))
        return importlib.util.spec_from_loader(fullname, self, origin=origin)

    def get_source(self, fullname: str) -> str:
        return self.mutant.source

    def get_code(self, fullname: str) -> CodeType:
        return _compiled(self.mutant)
