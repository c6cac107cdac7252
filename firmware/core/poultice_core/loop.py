"""The control loop: sample, ask, judge, drive, remember, feed, report. Ten times a second.

`tick` is one pass; `serve` handles what the host sent in what is left of the tick. Nothing
that happens in either can leave a relay closed: an exception drops them all and latches.
"""

from . import faults
from .board import Board
from .codec import Parser, Refusal, answer, answer_with, error, notification
from .guard import Guard
from .link import Link
from .measure import Measure
from .memory import Memory
from .news import News
from .relays import COOL, HEAT, MASTER
from .requests import take
from .sequencer import Sequencer
from .tally import Tally
from .telemetry import build
from .thermistor import B3950
from .tick import NO_COMMAND, Ask, Tick
from .waiting import Waiting

_TELEMETRY_MS = 1_000


class Loop:
    """Drives one board. `table` is the thermistor's, chosen when the firmware is built.

    `plans`: how many were armed since start-up, the number of the last; `reboot_into`: where to, at
    the end of this tick.
    """

    def __init__(self, board: Board, table: bytes = B3950) -> None:
        board.write(False, False, False)
        self.board = board
        memory = self.memory = Memory(board)
        self.guard = Guard(
            memory.limits,
            memory.settings,
            memory.ledger,
            table,
            memory.budget_uj,
            memory.fault,
            memory.pack_lowest_mc,
        )
        self.inputs = Tick()
        self.ask = Ask()
        self.sequencer = Sequencer(memory.limits)
        self.tally = Tally()
        self.news = News(board, self.guard)
        self.link = Link(board)
        self.reboot_into: str | None = None
        self.plans = 0
        self._measure = Measure(board)
        self._waiting: Waiting | None = None
        self._parser: Parser | None = None
        self._heard = False
        self._failed = False
        self._announced = False
        self._uptime_s = 0
        self._uptime_part_ms = 0
        self._since_telemetry_ms = 0

    def uptime_ms(self) -> int:
        """Since start-up; does not wrap."""
        return self._uptime_s * 1000 + self._uptime_part_ms

    # --- one pass -----------------------------------------------------------------------

    def tick(self) -> None:
        """One pass of the loop. Never raises: whatever does, the pad goes off and stays off."""
        inputs = self.inputs
        inputs.failed = self._failed
        self._failed = False
        try:
            self._before()
        except Exception:
            inputs.failed = True
        live = self.guard.course.live
        try:
            outputs = self.guard.step(inputs, self.ask)
            self.board.write(outputs & MASTER != 0, outputs & HEAT != 0, outputs & COOL != 0)
        except Exception:
            self._drop()
        inputs.command = NO_COMMAND
        try:
            self._after(live)
        except Exception:
            self._drop()
        self.board.feed()
        try:
            self._report(max(0, inputs.dt_ms))
        except Exception:
            self._drop()

    def _drop(self) -> None:
        """Everything off now; the next tick latches it (SR-19)."""
        self._failed = True
        try:
            self.board.write(False, False, False)
        except Exception:
            pass

    def _before(self) -> None:
        """What the guard is given."""
        inputs = self.inputs
        # First: where all that follows raises for good, a request is answered all the same.
        waiting = self._waiting
        if waiting is not None and not waiting.begun:
            waiting.begin(inputs)
        self._measure.look(inputs, self.guard.settings.sensor_b)
        inputs.heard = self._heard
        self._heard = False
        self.memory.brief(inputs)
        self.sequencer.step(self.guard, self.ask, inputs.dt_ms)

    def _after(self, live: bool) -> None:
        """What the tick has changed: told to memory first, then to whoever is there."""
        dt_ms = max(0, self.inputs.dt_ms)
        self._uptime_part_ms += dt_ms
        self._uptime_s += self._uptime_part_ms // 1000
        self._uptime_part_ms %= 1000
        uptime_ms = self.uptime_ms()
        memory = self.memory
        session = memory.session_n
        sessions = memory.sessions
        try:
            self.tally.follow(self.guard, memory.operations, live, dt_ms)
        finally:
            # Whatever becomes of a summary: what is latched gets onto flash.
            memory.follow(self.guard, self.ask, self.sequencer.plan, self.tally, uptime_ms)
        if memory.sessions != sessions:
            session = memory.sessions
        self.news.follow(self.sequencer, self.tally, session, uptime_ms)

    # --- the link -----------------------------------------------------------------------

    def _report(self, dt_ms: int) -> None:
        """The answer that waited for this tick, then events, then telemetry. A reboot first, a tick
        after it was answered."""
        link = self.link
        link.advance(dt_ms)
        waiting = self._waiting
        if waiting is not None and waiting.begun:
            self._finish(waiting)
        elif self.reboot_into is not None:
            into = self.reboot_into
            self.reboot_into = None
            self.board.write(False, False, False)
            self.board.reboot(into)
        news = self.news
        self._since_telemetry_ms += dt_ms
        if news.changed:
            news.changed = False
            self._since_telemetry_ms = _TELEMETRY_MS
        while news.events:
            body = news.events.pop(0)
            if link.live:
                link.say(notification("event", body))
        # What is not on flash yet is not said: `idle` means that the entry is written.
        if link.live and self._since_telemetry_ms >= _TELEMETRY_MS and self.told():
            self._since_telemetry_ms = 0
            link.try_to_say(notification("telemetry", build(self)))
        link.flush()

    def told(self) -> bool:
        """May the state be told: is on flash what it stands for, or has that become a fault?"""
        return self.memory.settled or self.guard.latch.fault != faults.NONE

    def serve(self) -> bool:
        """One piece of work for what the host sent; is there more to do at once?

        Never raises, never blocks. While a request waits for a tick, those behind it wait too:
        they are answered in the order in which they came.
        """
        try:
            return self._serve()
        except Exception:  # SR-19
            self._drop()
            return False

    def _serve(self) -> bool:
        waiting = self._waiting
        if waiting is not None:
            if not waiting.reads:
                return False
            self._finish(waiting)
            # A piece a gap: the next one is of the next.
            return self._waiting is None
        if self.reboot_into is not None:
            return False
        parser = self._parser
        if parser is None:
            line, more = self.link.take()
            if line is None:
                return more
            parser = self._parser = Parser(line)
        if not parser.over:
            # What it asks for is another piece of work.
            parser.go_on()
            return True
        self._parser = None
        request = parser.request
        if request.code:
            self.link.rx_errors += 1
            if request.request_id is not None:
                self.link.say(error(request.request_id, Refusal(request.code, {})))
            return True
        self._heard = True
        if self.link.heard():
            self._since_telemetry_ms = _TELEMETRY_MS
        try:
            waiting = take(self, request)
        except Refusal as refusal:
            self.link.say(error(request.request_id, refusal))
        else:
            self._waiting = waiting
            if waiting.reads:
                self._finish(waiting)
        if not self._announced:
            self._announced = True
            fault = faults.NAMES[self.guard.latch.fault]
            cause = self.board.reset_cause
            self.news.event("boot", self.uptime_ms(), reset_cause=cause, fault=fault)
        return True

    def _finish(self, waiting: Waiting) -> None:
        """One more look at whether it can be answered; what raises in it is asked no more."""
        request_id = waiting.request_id
        self._waiting = None
        try:
            result = waiting.finish(self)
        except Refusal as refusal:
            self.link.say(error(request_id, refusal))
            return
        if result is None:
            self._waiting = waiting
        elif isinstance(result, bytes):
            self.link.say(answer_with(request_id, result))
        else:
            self.link.say(answer(request_id, result))
