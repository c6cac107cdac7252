"""The control loop: sample, ask, judge, drive, write down, report. Ten times a second.

`tick` is one pass; `serve` handles what the host sent in what is left of the tick. Nothing
that happens in either can leave a relay closed: an exception drops them all and latches.
"""

from . import faults, signals, states
from .board import Board
from .device import Device
from .messages import MAX_LINE, LineReader, Refusal, answer, error, notification, parse
from .relays import COOL, HEAT, MASTER, PAD
from .requests import handle
from .telemetry import build
from .thermistor import B3950, temp_mc
from .ticks import diff_ms

_LIVE_MS = 5_000
_TELEMETRY_MS = 1_000
_CHECKPOINT_S = 600
_PACK_CHECKPOINT_S = 60
_QUEUE = 16
_RELAY_LIFE = 80_000


class Controller(Device):
    """Drives one board. `table` is the thermistor's, chosen when the firmware is built."""

    def __init__(self, board: Board, table: bytes = B3950) -> None:
        board.write(False, False, False)
        super().__init__(board)
        self._table = table
        self._samples_a = [0] * 16
        self._samples_b = [0] * 16
        self._reader = LineReader()
        self._buffer = bytearray(256)
        self._last_ms = -1
        self._heard = False
        self._live_ms = 0
        self._since_telemetry_ms = 0
        self._queue: list[bytes] = []
        self._broken = True
        self._announced = False
        self._stops: list[object] = []
        self.state_noted = self.guard.state
        self._phase = -1
        self._prompt = states.NO_PROMPT
        self._known_fault = self.guard.fault
        self._failed_with = faults.NONE
        if self._known_fault != faults.NONE:
            self._sound(signals.TUNE_FAULT)

    # --- one pass -----------------------------------------------------------------------

    def tick(self) -> None:
        """One pass of the loop. Never raises."""
        try:
            self._tick()
        except Exception:  # SR-19: whatever it is, the pad goes off and stays off
            self._fail()
        self.board.feed()

    def _fail(self) -> None:
        """Drop everything, latch, and write down what is latched; once, however often it fails."""
        self.board.write(False, False, False)
        guard = self.guard
        guard.latch(faults.INTERNAL)
        if self._failed_with != guard.fault:
            self._failed_with = guard.fault
            self.journal.fault = faults.NAMES[guard.fault]
            self.save()

    def _tick(self) -> None:
        board = self.board
        inputs = self.inputs
        now_ms = board.ticks_ms()
        dt_ms = diff_ms(now_ms, self._last_ms) if self._last_ms >= 0 else 0
        self._last_ms = now_ms
        if dt_ms < 0:
            dt_ms = 0
        self.uptime_part_ms += dt_ms
        second = self.uptime_part_ms >= 1000
        if second:
            self.uptime_s += self.uptime_part_ms // 1000
            self.uptime_part_ms %= 1000
        inputs.now_ms = now_ms
        self._measure()
        inputs.heard = self._heard
        self._heard = False
        guard = self.guard
        self.session.step(guard, inputs, dt_ms)
        before = guard.state
        outputs = guard.step(inputs)
        board.write(outputs & MASTER != 0, outputs & HEAT != 0, outputs & COOL != 0)
        if outputs & PAD == PAD:
            self.tally.heated_ms += dt_ms
        tally = self.tally
        if guard.hot_mc > tally.highest_mc or guard.cold_mc < tally.lowest_mc:
            if states.RUNNING <= before <= states.WAITING and guard.readable:
                tally.reading(guard.hot_mc, guard.cold_mc)
        self._note()
        if second:
            self._each_second()
        self._report(dt_ms)

    def _measure(self) -> None:
        board = self.board
        inputs = self.inputs
        a = self._samples_a
        b = self._samples_b
        inputs.fresh = board.sample(a, b)
        offset_mc = self._offset_mc
        if inputs.fresh:
            inputs.raw_a = sum(a)
            a.sort()
            code_x8 = a[4] + a[5] + a[6] + a[7] + a[8] + a[9] + a[10] + a[11]
            inputs.code_x8_a = code_x8
            inputs.temp_a_mc = temp_mc(self._table, code_x8) + offset_mc
            if self.guard.sensor_b:
                inputs.raw_b = sum(b)
                b.sort()
                code_x8 = b[4] + b[5] + b[6] + b[7] + b[8] + b[9] + b[10] + b[11]
                inputs.code_x8_b = code_x8
                inputs.temp_b_mc = temp_mc(self._table, code_x8) + offset_mc
        inputs.sense = board.sense()
        inputs.button = board.button()
        inputs.estop = board.estop()

    # --- what changed -------------------------------------------------------------------

    def _note(self) -> None:
        """After the outputs: the journal, events and sounds of whatever this tick changed."""
        guard = self.guard
        if guard.fault != self._known_fault:
            self._note_fault()
        if guard.unbooked:
            self._note_end()
        if guard.start_wanted and guard.may_start_by_button() == 0:
            self.begin()
        if guard.config_confirmed:
            self.adopt_pending()
        if guard.pack_alarm:
            self._sound(signals.TUNE_REMOVE_PACK)
        if (
            guard.state != self.state_noted
            or guard.phase != self._phase
            or guard.prompt != self._prompt
        ):
            self._note_change()

    def _each_second(self) -> None:
        guard = self.guard
        self.tally.second()
        if guard.in_session():
            self._warn()
        elif guard.pack_owed:
            guard.book_pack()
            if not guard.pack_on or self._saved_s_ago() >= _PACK_CHECKPOINT_S:
                self.save()
        elif guard.state == states.IDLE and self._checkpoint_due():
            self.save()

    def _checkpoint_due(self) -> bool:
        """Powered time counts for rest and totals, so it is worth keeping while any is left."""
        return self._saved_s_ago() >= _CHECKPOINT_S and len(self.ledger.records) > 0

    def _saved_s_ago(self) -> int:
        return self.ledger.now_s - self.journal.saved_s

    def _note_fault(self) -> None:
        guard = self.guard
        self._known_fault = guard.fault
        if guard.fault == faults.NONE:
            self._failed_with = faults.NONE
            self.journal.fault = None
            self.save()
            return
        self.note_fault()
        if not guard.unbooked:
            self.save()
        temp_mc = guard.hot_mc if guard.readable else None
        state = states.NAMES[guard.fault_state]
        self.event("fault", fault=faults.NAMES[guard.fault], temp_mc=temp_mc, state=state)
        self._sound(signals.TUNE_FAULT)

    def _note_end(self) -> None:
        guard = self.guard
        guard.book()
        outcome = states.OUTCOMES[guard.outcome] or "stopped"
        reason = states.REASONS[guard.reason]
        if guard.outcome == states.FAULTED:
            reason = faults.NAMES[guard.fault]
        self.note_session(outcome, reason)
        self.save()
        if guard.outcome == states.COMPLETE:
            self.event("complete")
        elif guard.outcome == states.STOPPED:
            self.event("stopped", reason=reason)
        self._sound(signals.TUNE_BY_OUTCOME[guard.outcome])
        self.session_n = None

    def _note_change(self) -> None:
        guard = self.guard
        self.state_noted = guard.state
        entered = guard.phase != self._phase and guard.phase >= 0
        asked = guard.prompt != self._prompt and guard.prompt != states.NO_PROMPT
        self._phase = guard.phase
        self._prompt = guard.prompt
        self._since_telemetry_ms = _TELEMETRY_MS
        if entered:
            phase = self.session.phase()
            self.event(
                "phase",
                phase=guard.phase,
                mode=states.MODES[phase.mode],
                target_mc=phase.target_mc if phase.mode != states.REST else None,
                duration_s=phase.duration_s,
            )
            self._sound(signals.TUNE_PHASE)
        if asked:
            self.event("prompt", prompt=states.PROMPTS[guard.prompt])
            self._sound(signals.TUNE_BY_PROMPT[guard.prompt])
        self.board.show(signals.led(guard.state), signals.SILENT)

    def _warn(self) -> None:
        guard = self.guard
        if guard.dose.milli() >= self.limits.dose_warn_m:
            self._warn_once("dose")
        if guard.budget_met:
            self._warn_once("budget")
        if guard.heating.weak:
            self._warn_once("target_unreachable")
        if self.journal.operations + guard.heat_operations >= _RELAY_LIFE:
            self._warn_once("relay_life")

    def _warn_once(self, what: str) -> None:
        if what not in self.warned:
            self.warned.append(what)
            self.event("warning", what=what)

    def _sound(self, tune: int) -> None:
        self.board.show(signals.led(self.guard.state), tune)

    # --- the link -----------------------------------------------------------------------

    def _report(self, dt_ms: int) -> None:
        """Answers that waited for the outputs, then events, then telemetry; last a reboot."""
        self._live_ms = max(0, self._live_ms - dt_ms)
        self._since_telemetry_ms += dt_ms
        if self._stops:
            for request_id in self._stops:
                self._say(answer(request_id, {}))
            self._stops.clear()
        if self._live_ms == 0:
            self._broken = True
        else:
            for _, body in self.events:
                self._say(notification("event", body))
            if self._since_telemetry_ms >= _TELEMETRY_MS:
                self._since_telemetry_ms = 0
                self._flush()
                if self._queue or not self._write(notification("telemetry", build(self))):
                    self.tx_dropped += 1
        if self.events:
            self.events.clear()
        if self._queue:
            self._flush()
        if self.reboot_into is not None:
            into = self.reboot_into
            self.reboot_into = None
            self.board.write(False, False, False)
            self.board.reboot(into)

    def serve(self) -> None:
        """Handle what the host sent, at most 2 KiB of it. Never raises, never blocks."""
        try:
            for _ in range(8):
                count = self.board.receive(self._buffer)
                if count <= 0:
                    return
                self._take(bytes(self._buffer[:count]))
        except Exception:  # SR-19
            self._fail()

    def _take(self, data: bytes) -> None:
        reader = self._reader
        lines = reader.feed(data)
        self.rx_errors += reader.overlong
        reader.overlong = 0
        for line in lines:
            self._serve_line(line)

    def _serve_line(self, line: bytes) -> None:
        request = parse(line)
        if request.code:
            self.rx_errors += 1
            if request.request_id is not None:
                self._say(error(request.request_id, Refusal(request.code, {})))
            return
        self._heard = True
        if self._live_ms == 0:
            self._since_telemetry_ms = _TELEMETRY_MS
        self._live_ms = _LIVE_MS
        try:
            result = handle(self, request.method, request.params)
        except Refusal as refusal:
            self._say(error(request.request_id, refusal))
        else:
            if request.method == "stop":
                self._stops.append(request.request_id)
            else:
                self._say(answer(request.request_id, result))
        if not self._announced:
            self._announced = True
            fault = faults.NAMES[self.guard.fault]
            self.event("boot", reset_cause=self.board.reset_cause, fault=fault)

    def _say(self, line: bytes) -> None:
        """Send in order; what finds no room waits, and the newest is dropped where that is full."""
        if len(self._queue) < _QUEUE and len(line) <= MAX_LINE:
            self._queue.append(line)
            self._flush()
        else:
            self.tx_dropped += 1

    def _flush(self) -> None:
        while self._queue and self._write(self._queue[0]):
            self._queue.pop(0)

    def _write(self, line: bytes) -> bool:
        """After a pause or a refused line, start with a line feed: no torn line spoils this."""
        if self._broken and not self.board.send(b"\n"):
            return False
        self._broken = not self.board.send(line)
        return not self._broken
