"""The loop: order of things, exceptions, and a link that never blocks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from poultice_core import codec, commands, queries
from poultice_core.board import SENSE_HIGH, SENSE_LOW
from poultice_core.loop import Loop
from poultice_core.thermistor import B3435, B3950, B3980, temp_mc
from tests.core.rig import Rig, RigBoard, plan

HEAT = plan(("heat", 40_000, 300))
OFF = (False, False, False)
# A request but for its check sum.
GARBAGE = b'{"jsonrpc":"2.0","id":1,"method":"ping"}*00000000\n'


def _running() -> Rig:
    rig = Rig()
    rig.start(HEAT)
    while rig.board.outputs != (True, True, False):
        rig.tick()
    return rig


def _said(rig: Rig, data: bytes) -> bytes:
    """What comes back at once, as it goes over the wire."""
    rig.board.incoming += data
    while rig.loop.serve():
        pass
    sent = bytes(rig.board.outgoing)
    rig.board.outgoing.clear()
    return sent


def _raiser(error: type[BaseException] = MemoryError) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def _line(method: str, request_id: object = "q", **members: Any) -> bytes:
    body = {"jsonrpc": "2.0", "id": request_id, "method": method} | members
    return codec.encode(body)


# --- SR-15, SR-19 -------------------------------------------------------------------------


@pytest.mark.requirement("SR-15")
def test_outputs_are_off_before_anything_else() -> None:
    calls: list[str] = []

    class Watched(RigBoard):
        def __getattribute__(self, name: str) -> Any:
            if name in ("write", "sample", "store", "entropy", "reset_cause", "ticks_ms"):
                calls.append(name)
            return super().__getattribute__(name)

    board = Watched()
    calls.clear()
    Loop(board)
    assert calls[0] == "write"
    assert board.writes == [OFF]


@pytest.mark.requirement("SR-10", "SR-12", "SR-15")
@pytest.mark.parametrize(
    ("what", "value", "ticks", "fault"),
    [("sense_forced", SENSE_HIGH, 5, "heat_welded"), ("estop_open", True, 1, "emergency_stop")],
)
def test_what_is_wrong_at_start_up_already_is_a_fault(
    what: str, value: object, ticks: int, fault: str
) -> None:
    rig = Rig(idle=False)
    setattr(rig.board, what, value)
    rig.ticks(ticks)
    assert rig.fault == fault
    rig.board.sense_forced, rig.board.estop_open = SENSE_LOW, False
    rig.ticks(11)
    rig.hold(3000)
    assert rig.state == "idle"


@pytest.mark.requirement("SR-19")
@pytest.mark.parametrize(
    "name", ["ticks_ms", "sample", "sense", "button", "estop", "show", "send", "receive"]
)
@pytest.mark.parametrize("error", [ValueError, OSError, MemoryError, ZeroDivisionError])
def test_any_exception_drops_everything_and_latches(
    name: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = _running()
    monkeypatch.setattr(rig.board, name, _raiser(error))
    rig.board.incoming += _line("pause")
    for _ in range(12):
        rig.board.now_ms += 100
        rig.loop.tick()
        rig.loop.serve()
        rig.loop.serve()
    assert rig.board.outputs == OFF
    monkeypatch.undo()
    rig.ticks(3)
    assert rig.fault == "internal"
    assert rig.board.outputs == OFF
    assert Rig(rig.board.store).fault == "internal"


# Where something raises -> its owner and its name. `flash`: may it keep memory from writing?
PIECES: dict[str, tuple[Callable[[Rig], object], str, bool]] = {
    "measure": (lambda rig: rig.loop._measure, "look", False),
    "brief": (lambda rig: rig.loop.memory, "brief", False),
    "sequencer": (lambda rig: rig.loop.sequencer, "step", False),
    "guard": (lambda rig: rig.guard, "step", True),
    "in the guard": (lambda rig: rig.guard._parts.dose_limit, "look", False),
    "in its clocks": (lambda rig: rig.guard._parts.clocks, "advance", False),
    "write": (lambda rig: rig.board, "write", False),
    "tally": (lambda rig: rig.loop.tally, "follow", False),
    "memory": (lambda rig: rig.loop.memory, "follow", True),
    "entry": (lambda rig: rig.loop.memory._journal, "add", True),
    "news": (lambda rig: rig.loop.news, "follow", False),
    "reports": (lambda rig: rig.loop.link, "flush", False),
    "show": (lambda rig: rig.board, "show", False),
}


@pytest.mark.requirement("SR-19", "SR-20")
@pytest.mark.parametrize("save", ["writes", "fails once"])
@pytest.mark.parametrize("ticks", [1, 12])
@pytest.mark.parametrize("piece", PIECES)
def test_an_exception_anywhere_is_off_latched_told_and_written(
    piece: str, ticks: int, save: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name, flash = PIECES[piece]
    first = "emergency_stop" if piece in ("entry", "show") else "internal"
    rig = _running()
    rig.ping()
    refuse = [save == "fails once"]
    keep = rig.board.store.save

    def once(name: str, data: bytes) -> None:
        if refuse.pop() if refuse else False:
            raise OSError(28)
        keep(name, data)

    with monkeypatch.context() as broken:
        broken.setattr(rig.board.store, "save", once)
        broken.setattr(owner(rig), name, _raiser())
        if piece in ("entry", "show"):
            rig.board.estop_open = True
        for _ in range(ticks):
            rig.board.now_ms += 100
            rig.loop.tick()
            if piece != "write":
                assert rig.board.outputs == OFF
        rig.board.estop_open = False
        if ticks > 1 and not flash:
            # Power goes while it raises in every tick.
            assert Rig(rig.board.store.copy()).fault == first
    rig.ticks(30)
    rig.ping()
    rig.tick()
    assert (rig.board.outputs, rig.fault) == (OFF, first)
    assert Rig(rig.board.store.copy()).fault == first
    rig.hold(3000)
    assert rig.state == "idle"
    assert [e["fault"] for e in rig.entries() if e["kind"] == "fault"][:1] == [first]
    if piece not in ("news", "reports"):
        assert [e["fault"] for e in rig.events("fault")] == [first]


@pytest.mark.requirement("SR-19")
def test_what_raises_in_an_answer_is_asked_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    with monkeypatch.context() as broken:
        broken.setattr(commands.Stop, "result", lambda *_: 1 // 0)
        broken.setattr(queries.Status, "result", lambda *_: 1 // 0)
        assert rig.raw(_line("status")) == []
        assert rig.raw(_line("stop")) == []
        rig.ticks(5)
    assert rig.fault == "internal"
    assert "uptime_ms" in rig.result("ping")
    rig.hold(3000)
    assert rig.state == "idle"


@pytest.mark.requirement("SR-19")
@pytest.mark.parametrize("piece", ["measure", "brief", "sequencer"])
def test_a_device_that_raises_in_every_tick_still_answers(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name, _ = PIECES[piece]
    rig = _running()
    monkeypatch.setattr(owner(rig), name, _raiser())
    rig.ticks(3)
    assert rig.board.outputs == OFF
    answered = [rig.ask(method) for method in ("stop", "status", "ping")]
    assert all("result" in one for one in answered)
    assert answered[1]["result"]["fault"] == "internal"


@pytest.mark.requirement("SR-14")
def test_the_watchdog_is_fed_behind_memory_and_before_what_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = Rig()
    rig.ping()
    ticks = 0
    saved, said = [], []
    keep, send = rig.board.store.save, rig.board.send

    def save(name: str, data: bytes) -> None:
        saved.append(rig.board.fed - ticks)
        keep(name, data)

    def told(line: bytes) -> bool:
        said.append(rig.board.fed - ticks)
        return send(line)

    monkeypatch.setattr(rig.board.store, "save", save)
    monkeypatch.setattr(rig.board, "send", told)
    fed = rig.board.fed
    rig.board.estop_open = True
    for _ in range(12):
        ticks = rig.board.fed
        rig.board.now_ms += 100
        rig.loop.tick()
    assert rig.board.fed == fed + 12
    assert saved and said
    assert set(saved) == {0}
    assert set(said) == {1}


@pytest.mark.requirement("SR-07")
@pytest.mark.parametrize("table", [B3435, B3950, B3980])
def test_the_table_is_the_one_it_was_built_with(table: bytes) -> None:
    board = RigBoard()
    board.code_x8 = board.code_b_x8 = 1600 * 8
    loop = Loop(board, table)
    board.now_ms += 100
    loop.tick()
    assert loop.guard.reading.hot_mc == temp_mc(table, 1600 * 8)


@pytest.mark.requirement("SR-14")
def test_the_outputs_are_written_and_the_watchdog_is_fed_once_a_tick() -> None:
    rig = _running()
    writes, fed = len(rig.board.writes), rig.board.fed
    rig.ticks(50)
    assert (len(rig.board.writes), rig.board.fed) == (writes + 50, fed + 50)


# --- latencies of the contract, in ticks --------------------------------------------------


OPENED = (True, False, False)


@pytest.mark.requirement("SR-01", "SR-07", "SR-12")
@pytest.mark.parametrize(
    ("does", "course", "fault"),
    [
        (lambda board: board.set_mc(45_100), [OFF], "absolute_temperature"),
        (lambda board: board.set_mc(43_100), [OPENED, OFF], "over_temperature"),
        (lambda board: setattr(board, "estop_open", True), [OFF], "emergency_stop"),
        (lambda board: setattr(board, "code_x8", 4095 * 8), [OPENED, OPENED, OFF], "sensor_open"),
        (lambda board: setattr(board, "code_x8", 0), [OPENED, OPENED, OFF], "sensor_short"),
    ],
    ids=["45 degrees", "43 degrees", "emergency stop", "open sensor", "short sensor"],
)
def test_the_outputs_from_the_tick_that_sees_it(
    does: Callable[[RigBoard], None], course: list[tuple[bool, bool, bool]], fault: str
) -> None:
    rig = _running()
    does(rig.board)
    seen = []
    for _ in course:
        assert rig.fault is None
        rig.tick()
        seen.append(rig.board.outputs)
    assert (seen, rig.fault) == (course, fault)


@pytest.mark.requirement("SR-18")
def test_a_late_loop_is_off_in_the_tick_that_sees_it() -> None:
    rig = _running()
    rig.tick(301)
    assert rig.board.outputs == OFF
    rig.tick()
    assert rig.board.outputs[0]
    rig.tick(1501)
    assert (rig.board.outputs, rig.fault) == (OFF, "loop_late")


@pytest.mark.requirement("SR-13")
@pytest.mark.parametrize("line", [GARBAGE, _line("ping"), _line("no_such_method", params=[])])
def test_every_valid_request_feeds_the_attended_timer(line: bytes) -> None:
    rig = Rig()
    rig.start(HEAT | {"attended_s": 5})
    for _ in range(30):
        rig.ticks(4)
        rig.raw(line)
    assert rig.state == ("idle" if line == GARBAGE else "running")
    if line == GARBAGE:
        assert rig.entries()[-1]["reason"] == "attended"


# --- notifications ------------------------------------------------------------------------


def test_without_a_valid_line_nothing_is_said() -> None:
    rig = Rig()
    rig.ticks(100)
    rig.raw(b"hello?\n")
    rig.ticks(20)
    assert rig.seen == []


def test_notifications_stop_five_seconds_after_the_last_valid_line() -> None:
    rig = Rig()
    rig.ticks(3)
    rig.ping()
    asked_ms = rig.loop.uptime_ms()
    rig.ticks(200)
    times = [m["params"]["t_ms"] for m in rig.seen if m.get("method") == "telemetry"]
    assert asked_ms + 4000 <= max(times) <= asked_ms + 5000
    before = len(rig.seen)
    rig.raw(GARBAGE)
    rig.ticks(20)
    assert all("method" not in m for m in rig.seen[before:])


def test_what_comes_after_a_pause_starts_with_a_line_feed() -> None:
    rig = Rig()
    for _ in range(3):
        assert _said(rig, _line("ping")).startswith(b"\n{")
        rig.ticks(2)
        assert _said(rig, _line("ping")).startswith(b"{")
        rig.ticks(60)


def test_a_torn_line_does_not_spoil_the_next() -> None:
    rig = Rig()
    rig.ping()
    rig.board.rooms = False
    rig.ticks(20)
    rig.board.rooms = True
    rig.board.outgoing.clear()
    assert _said(rig, _line("ping")).startswith(b"\n{")


def test_telemetry_without_room_is_dropped_and_counted() -> None:
    rig = Rig()
    rig.ping()
    rig.ticks(2)
    rig.board.rooms = False
    for _ in range(100):
        rig.board.incoming += _line("ping")
        rig.tick()
    rig.board.rooms = True
    rig.ping()
    rig.ticks(2)
    status = rig.result("status")
    assert status["tx_dropped"] >= 10
    # A line is written whole or dropped: `_drain` would have failed on half of one.


def test_a_host_that_never_reads_costs_no_stall_and_no_memory() -> None:
    rig = _running()
    rig.board.rooms = False
    for _ in range(600):
        rig.board.incoming += _line("status") * 3
        rig.tick()
    assert rig.state == "running"
    assert len(rig.loop.link._queue) <= 16
    assert len(rig.loop.news.events) == 0


def test_a_host_that_is_silent_costs_no_memory() -> None:
    rig = Rig()
    for _ in range(20):
        rig.board.estop_open = True
        rig.tick()
        rig.board.estop_open = False
        rig.hold(3000)
    assert rig.state == "idle"
    assert len(rig.loop.news.events) == 0


def test_answers_come_in_order_and_before_telemetry_when_there_is_room_again() -> None:
    rig = Rig()
    rig.ping()
    rig.ticks(2)
    rig.board.rooms = False
    rig.board.incoming += _line("ping", "wanted") + _line("ping", "next")
    rig.ticks(12)
    rig.board.rooms = True
    before = len(rig.seen)
    rig.ticks(12)
    assert [m.get("id") for m in rig.seen[before : before + 2]] == ["wanted", "next"]


# --- what is not a request ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code", "request_id"),
    [
        (b'{"jsonrpc":"2.0","id":5,"method":"stop"}*00000000\n', -32700, 5),
        (codec.seal(b'{"jsonrpc":"2.0","id":5}') + b"\n", -32600, 5),
        (codec.seal(b'{"id":"x","method":"stop"}') + b"\n", -32600, "x"),
        (codec.seal(b'{"jsonrpc":"2.0","method":"stop"}') + b"\n", None, None),
        (codec.seal(b'{"jsonrpc":"2.0","id":1.5,"method":"stop"}') + b"\n", None, None),
        (codec.seal(b'[{"jsonrpc":"2.0","id":1,"method":"stop"}]') + b"\n", None, None),
        (codec.seal(b"{") + b"\n", None, None),
        (b"stop\n", None, None),
        (b"\xff\xfe\x00\n", None, None),
        (b"x" * 5000 + b"\n", None, None),
        (b"x" * 2048, None, None),
        (b"x" * 1_000_000, None, None),
    ],
)
def test_it_is_answered_where_an_id_can_be_read_and_counted_once(
    data: bytes, code: int | None, request_id: object
) -> None:
    rig = _running()
    answers = [m for m in rig.raw(data) if "id" in m]
    if code is None:
        assert answers == []
    else:
        error = answers[0]["error"]
        assert (answers[0]["id"], error["code"]) == (request_id, code)
        assert error["message"] == {-32700: "Parse error", -32600: "Invalid Request"}[code]
    rig.tick()
    assert rig.state == "running"
    rig.raw(b"\n")
    assert rig.result("status")["rx_errors"] == 1


@pytest.mark.parametrize("data", [b"\n\r\n\n", b"\x03\x03\x03\n", b"\x03"])
def test_empty_lines_and_ctrl_c_are_not_counted(data: bytes) -> None:
    rig = _running()
    assert rig.raw(data) == []
    rig.raw(b"\n")
    assert rig.result("status")["rx_errors"] == 0
    assert rig.state == "running"


def test_unknown_methods_and_bad_params_are_answered_and_not_counted() -> None:
    rig = Rig()
    assert rig.error("fly")["code"] == -32601
    assert rig.error("ping", {"x": 1})["code"] == -32602
    assert rig.result("status")["rx_errors"] == 0


@pytest.mark.parametrize("request_id", [0, (1 << 31) - 1, "", "x" * 32, "\u4e16\u754c"])
def test_an_id_comes_back_as_it_was(request_id: object) -> None:
    rig = Rig()
    answers = rig.raw(_line("ping", request_id))
    assert answers[-1]["id"] == request_id


def test_windows_line_ends_are_taken() -> None:
    rig = Rig()
    assert "result" in rig.raw(_line("ping")[:-1] + b"\r\n")[-1]


def test_an_error_never_outgrows_a_line() -> None:
    rig = Rig()
    digits = "9" * 38
    for params in (
        '{"plan":{"name":"a","attended_s":%s,"phases":[{"mode":"rest","duration_s":30}]}}',
        '{"plan":{"name":"a","phases":[{"mode":"rest","duration_s":%s}]}}',
        '{"plan":{"name":"a","phases":[{"mode":"heat","target_mc":-%s,"duration_s":60}]}}',
        '{"after":%s}',
        '{"%s":1}' % ("y" * 1700 + "%s"),
    ):
        method = "journal" if "plan" not in params else "arm"
        text = '{"jsonrpc":"2.0","id":"%s","method":"%s","params":%s}' % (  # noqa: UP031
            "\\u4e16" * 8, method, params % digits,
        )  # fmt: skip
        line = codec.seal(text.encode()) + b"\n"
        assert len(line) <= codec.MAX_LINE
        sent = _said(rig, line)
        if not sent:
            rig.tick()
            assert any("id" in m for m in rig.seen)
            continue
        assert 0 < len(sent.lstrip(b"\n")) <= codec.MAX_LINE
        assert json.loads(codec.unseal(sent.strip(b"\n")) or b"")["id"]
