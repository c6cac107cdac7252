"""A script played on a whole device, and what must hold at every line and in every tick of it."""

from __future__ import annotations

import json
from typing import Any

from poultice_core import faults, states
from poultice_core.loop import Loop
from poultice_core.requests import HANDLERS
from tests.core.rig import set_up
from tests.fuzz import contract
from tests.fuzz.script import TICKS_IN_ALL, Op
from tests.properties.driver import FOLLOW, DriverBoard, MemoryStore, code_x8_for

_LIVE_MS = 5_000
_RISE_MC = 40
_SETTLE_TICKS = 40
_PATIENCE_TICKS = 60  # that a request may take
_CLOCK_MS = (1 << 30) - 6_000  # so that the ticks wrap in the middle of a script


class Played:
    """One device, and a script for it. `trace`: the outputs of every tick; `seen`: what happened.

    `noise_asked`: may the noise have changed something, by a valid request in it or by answers for
    which there was no room?
    """

    def __init__(self, ops: list[Op]) -> None:
        self.ops = ops
        self.trace: list[tuple[int, int]] = []
        self.seen: set[str] = set()
        self.noise_asked = False
        self.token = "00000000"
        self.store = MemoryStore(dict(set_up().files))
        self.left = TICKS_IN_ALL
        self.mc = [32_000, 32_000]
        self.rises = False
        self._power_up("power_on", _CLOCK_MS)
        self._ticks(_SETTLE_TICKS)

    def run(self) -> None:
        """All of it, and then a ping: whatever came before, the device answers it."""
        for op in self.ops:
            self._play(op)
        self.board.wide = True
        self._ticks(2)
        self._check_out([])
        ping = contract.sealed(b'{"jsonrpc":"2.0","id":7,"method":"ping"}')
        answers = self._receive(b"\n" + ping + b"\n")
        assert [m["id"] for m in answers] == [7], "a ping after all of it was lost"
        assert "uptime_ms" in answers[0]["result"]

    def _play(self, op: Op) -> None:
        kind = op.kind
        board = self.board
        if kind == "=":
            body = op.data.replace(b"$TOKEN", self.token.encode())
            self._flush()
            self._receive(contract.sealed(body) + b"\n")
        elif kind == "~":
            line = bytearray(contract.sealed(op.data))
            bit = op.a % (8 * len(line))
            line[bit // 8] ^= 1 << bit % 8
            self._flush()
            self._receive(bytes(line) + b"\n", noise=True)
        elif kind == "!":
            self._receive(op.data, noise=True)
        elif kind == "t":
            self._ticks(min(op.a, self.left))
        elif kind == "m":
            self.mc = [op.a, op.b]
        elif kind == "d":
            self.rises = op.a == 1
        elif kind == "b":
            board.pressed = op.a == 1
        elif kind == "e":
            board.stopped = op.a == 1
        elif kind == "s":
            board.sense_as = FOLLOW if op.a == 3 else op.a
        elif kind == "r":
            board.wide = op.a == 1
        elif kind == "f":
            self.store.fails = op.a == 1
        elif kind == "p":
            self.store.fails = False
            self._power_up("watchdog" if op.a else "power_on", board.now_ms)

    # --- time ---------------------------------------------------------------------------

    def _power_up(self, reset_cause: str, now_ms: int) -> None:
        self.board = DriverBoard(self.store, reset_cause, now_ms)  # type: ignore[no-untyped-call]
        self.loop = Loop(self.board)
        self.unfinished = b""
        self.blocked = False
        self.since_valid_ms = _LIVE_MS
        self.booted = 0
        assert self.board.outputs == 0

    def _ticks(self, count: int) -> None:
        self.left = max(0, self.left - count)
        for _ in range(count):
            self._tick()
            self._serve()
        if count:
            self._check_out([])
            self._sound()

    def _tick(self) -> None:
        board = self.board
        if self.rises and board.outputs & 3 == 3:
            self.mc = [min(60_000, mc + _RISE_MC) for mc in self.mc]
        board.now_ms += 100
        board.code_a = code_x8_for(self.mc[0])
        board.code_b = code_x8_for(self.mc[1])
        said = len(board.outgoing)
        self.loop.tick()
        self.since_valid_ms += 100
        heard = self.since_valid_ms <= _LIVE_MS or self.blocked
        assert heard or len(board.outgoing) == said, "it talks to nobody"
        guard = self.loop.guard
        fault = guard.latch.fault
        assert board.outputs == 0 or guard.state == states.RUNNING, "energised out of a session"
        assert fault == faults.NONE or board.outputs == 0, "energised in a fault"
        self.trace.append((board.outputs, guard.state))
        self.seen.add(f"state:{states.NAMES[guard.state]}:{faults.NAMES[fault]}")
        self.seen.add(f"outputs:{board.outputs}:{guard.phases.mode}")

    def _serve(self) -> None:
        """What is left of a tick."""
        while self.loop.serve():
            pass

    def _busy(self) -> bool:
        """Is there a request under way, or a line that waits behind one?"""
        loop = self.loop
        under_way = loop._waiting is not None or loop.reboot_into is not None
        return under_way or bool(self.board.incoming) or b"\n" in loop.link._reader._rest

    # --- the link -----------------------------------------------------------------------

    def _flush(self) -> None:
        """Whatever noise began, a line feed ends it: no line of ours is spoilt by it."""
        if self.unfinished.strip(contract.ETX):
            self._receive(b"\n", noise=True)

    def _receive(self, data: bytes, noise: bool = False) -> list[dict[str, Any]]:
        """Bytes to the device; its answers, each of them accounted for."""
        link, board = self.loop.link, self.board
        self._check_out([])
        lines, long, rest = contract.split(self.unfinished + data)
        if len(self.unfinished.replace(contract.ETX, b"")) + 1 > contract.MAX_LINE:
            long -= 1  # counted when it began
        long += 1 if len(rest) + 1 > contract.MAX_LINE else 0
        self.unfinished = (self.unfinished + data).rpartition(b"\n")[2]
        judged = [contract.judge(line) for line in lines]
        valid = [line for line in judged if line.verdict == contract.VALID]
        if noise and (valid or not board.wide):
            self.noise_asked = True  # an answer to it may crowd out one with a token
        before = (board.outputs, link.rx_errors, self._acted_on())
        board.incoming += data
        if valid:
            self.since_valid_ms = 0
        self._serve()
        assert board.outputs == before[0], "a line of the link moved a relay"
        for _ in range(_PATIENCE_TICKS):
            if not self._busy():
                break
            self._tick()
            self._serve()
        assert not self._busy(), "a request without an end"
        assert link.rx_errors - before[1] == len(lines) - len(valid) + long, "rx_errors"
        if not valid:
            assert self._acted_on() == before[2], "acted on what was no request"
        else:
            self.since_valid_ms = 0
        for line in valid:
            name = line.message["method"]
            long = "long" if len(data) > 1_500 else ""
            self.seen.add(f"asked:{name if name in HANDLERS else 'unknown'}{long}")
        if len(valid) < len(lines):
            words = [name for name in HANDLERS if name.encode() in data]
            state = states.NAMES[self.loop.guard.state]
            self.seen.update(f"not taken:{word}:{state}" for word in words)
        self._sound()
        return self._check_out(self._due(judged))

    @staticmethod
    def _due(judged: list[contract.Line]) -> list[Any]:
        """The ids that must be answered, in order."""
        due = []
        for line in judged:
            if line.verdict == contract.GARBLED:
                due.append(_MAYBE)
            elif line.request_id is not None:
                due.append(line.request_id)
        return due

    def _check_out(self, due: list[Any]) -> list[dict[str, Any]]:
        """Everything that came out: whole lines of the contract, and the answers that are due."""
        board = self.board
        out, board.outgoing = board.outgoing, b""
        if not board.wide:
            self.blocked = True
        answers = []
        for line in out.split(b"\n"):
            if not line:
                continue
            assert len(line) + 1 <= contract.MAX_LINE, f"{len(line) + 1} bytes"
            said = contract.judge(line)
            assert said.verdict != contract.GARBLED, line
            assert isinstance(said.message, dict) and said.message["jsonrpc"] == "2.0"
            assert ("id" in said.message) != ("method" in said.message)
            if "id" in said.message:
                answers.append(said.message)
            else:
                self._check_notice(said.message)
        self._check_answers(answers, due)
        return answers

    def _check_notice(self, message: dict[str, Any]) -> None:
        assert message["method"] in ("telemetry", "event")
        kind = message["params"].get("kind")
        if kind:
            self.seen.add(f"event:{kind}")
        if kind == "boot":
            self.booted += 1
            assert self.booted == 1, "it started twice"

    def _check_answers(self, answers: list[dict[str, Any]], due: list[Any]) -> None:
        for answer in answers:
            assert ("result" in answer) != ("error" in answer)
            if "error" in answer:
                error = answer["error"]
                assert error["code"] in {-32700, -32600, -32601, -32602, *range(1, 8)}
                word = next(iter(error["data"].values()), "")
                told = word if isinstance(word, str) and word.isidentifier() else ""
                self.seen.add(f"refused:{error['code']}:{told[:20]}")
            elif isinstance(answer["result"], dict):
                self.seen.add("answered:" + ",".join(sorted(answer["result"])[:3]))
                self.seen.add(f"entries:{len(answer['result'].get('entries', []))}")
                self.token = str(answer["result"].get("token", self.token))
        if self.blocked:
            return  # what found no room was dropped, newest first
        left = [answer["id"] for answer in answers]
        garbled = [a["id"] for a in answers if a.get("error", {}).get("code") == -32700]
        assert len(garbled) <= due.count(_MAYBE), "two answers to one line"
        wanted = [json.dumps(one) for one in due if one is not _MAYBE]
        got = [json.dumps(one) for one in left]
        for one in garbled:
            got.remove(json.dumps(one))
        assert got == wanted, f"answers to {got}, not to {wanted}"

    # --- the device ---------------------------------------------------------------------

    def _sound(self) -> None:
        loop = self.loop
        assert loop.guard.latch.fault != faults.INTERNAL, "something raised"
        assert len(loop.link._reader._line) < contract.MAX_LINE
        assert len(loop.link._queue) <= 16

    def _acted_on(self) -> list[Any]:
        """All that the device is, but for how it reads and what it has to say."""
        flat: list[Any] = [self.store.saves, self.board.rebooted]
        _flatten(self.loop, flat, set())
        return flat


def _flatten(thing: Any, flat: list[Any], seen: set[int]) -> None:
    seen.add(id(thing))
    for name, value in vars(thing).items():
        if name in _OF_THE_LINK or id(value) in seen:
            continue
        if hasattr(value, "__dict__") and not isinstance(value, type):
            _flatten(value, flat, seen)
        else:
            flat.append(repr(value) if isinstance(value, list | dict | set) else value)


_OF_THE_LINK = {"_reader", "_buffer", "rx_errors", "_queue", "_broken", "tx_dropped", "board",
                "_board", "_store", "_table"}  # fmt: skip
_MAYBE = object()  # a line that cannot be trusted: answered where an id could be read
