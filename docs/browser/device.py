"""One device on one body, for a page: the core as it is, the simulator's plant and relays.

Runs on MicroPython in a browser, and for tests on MicroPython's unix port and on CPython.
What goes in and comes out is text: JSON.
"""

import json

from poultice.virtual.adc import FROZEN, NORMAL, OPEN, SHORT
from poultice.virtual.body import Pad
from poultice.virtual.plant import Plant
from poultice.virtual.preset import preset_config
from poultice.virtual.relays import Relay
from poultice.virtual.virtual_board import TICK_MS, VirtualBoard
from poultice_core import codec, states
from poultice_core.loop import Loop

_ANSWER_TICKS = 20
_BUSY_TRIES = 10
_SOON_MS = 1000


class Flash:
    """What the device has written; a new one every time."""

    def __init__(self):
        self.files = {}

    def load(self, name):
        """What was last saved."""
        return self.files.get(name)

    def save(self, name, data):
        """Keep it."""
        self.files[name] = bytes(data)


def configured(density_w_cm2):
    """Flash of a device that knows its pad, and whose thermistors and pad were checked."""
    flash = Flash()
    density_mw_cm2 = min(100, max(30, round(density_w_cm2 * 1000)))
    known = {"density_mw_cm2": density_mw_cm2, "two_point": True, "fold_safe": True}
    preset_config(flash, known, 1)
    return flash


class PageBoard(VirtualBoard):
    """The simulator's board with a line that keeps lines."""

    def __init__(self, plant, flash):
        super().__init__(plant, flash)
        self.to_device = []
        self.from_device = []
        self._part = b""

    def receive(self, buffer):
        """As much of the first line as fits."""
        if not self.to_device:
            return 0
        line = self.to_device.pop(0)
        count = min(len(buffer), len(line))
        buffer[:count] = line[:count]
        if count < len(line):
            self.to_device.insert(0, line[count:])
        return count

    def send(self, line):
        """There is always room."""
        self.from_device.append(bytes(line))
        return True


class Page:
    """What the page drives. Every method takes and returns text or numbers."""

    def __init__(self, density_w_cm2=0.05, ambient_c=23.0, perfusion=1.0):
        pad = Pad(density_w_cm2=density_w_cm2)
        self.plant = Plant(pad, ambient_c=ambient_c, perfusion=perfusion)
        self.board = PageBoard(self.plant, configured(density_w_cm2))
        self.loop = Loop(self.board)
        self.hung = False
        self._id = 0
        self._pinged_ms = 0
        self._hold_until_ms = -1
        self._events = []

    # --- the world ----------------------------------------------------------------------

    def warm(self, offset_c):
        """The beads themselves are so much warmer than what they touch (a fingertip, a lamp)."""
        self.plant.offset_a_c = self.plant.offset_b_c = offset_c

    def room(self, ambient_c):
        """The room's temperature."""
        self.plant.ambient_c = ambient_c

    def fault(self, name):
        """Something breaks."""
        board, plant = self.board, self.plant
        if name == "sensor_open":
            board.channel_a.fail(OPEN)
        elif name == "sensor_short":
            board.channel_a.fail(SHORT)
        elif name == "sensor_frozen":
            board.channel_a.fail(FROZEN)
        elif name == "sensor_detached":
            plant.grip_a = 0.0
        elif name == "weld_k2":
            board.k2.weld()
        elif name == "weld_both":
            board.k1.weld()
            board.k2.weld()
        elif name == "supply_lost":
            board.supply = False
        elif name == "estop":
            board.estop_open = True
        elif name == "hang":
            self.hung = True
        elif name == "fold":
            plant.fold_b = 1.0
        board.settle()

    def mend(self):
        """Everything whole again; what is latched stays latched."""
        board, plant = self.board, self.plant
        board.channel_a.fail(NORMAL)
        plant.grip_a = 1.0
        plant.fold_b = 0.0
        board.k1, board.k2 = Relay(), Relay()
        board.write(False, False, False)
        board.supply = True
        board.estop_open = False
        board.settle()
        if self.hung:
            # What the watchdog does: the same flash, a new start, and the fault that says so.
            self.hung = False
            board.reset_cause = "watchdog"
            self.loop = Loop(board)

    def button(self, hold_ms):
        """Press the button for so long."""
        self.board.button_down = True
        self._hold_until_ms = self.board.now_ms + hold_ms

    # --- time ---------------------------------------------------------------------------

    def step(self, ticks):
        """So many tenths of a second; then `look`."""
        for _ in range(ticks):
            if self.board.now_ms - self._pinged_ms >= 2000:
                self._pinged_ms = self.board.now_ms
                self._send("ping", None)
            self._tick()
            self._listen()
        return self.look()

    def ask(self, method, params="null"):
        """A request, as a host sends it; the device's answer or error. A device that is busy is
        asked again when it says so, as hosts do."""
        answer = self._answer(method, params)
        for _ in range(_BUSY_TRIES):
            error = answer.get("error", {})
            if error.get("code") != codec.BUSY or error["data"]["retry_ms"] > _SOON_MS:
                break
            for _ in range(error["data"]["retry_ms"] // TICK_MS):
                self._tick()
            answer = self._answer(method, params)
        return json.dumps(answer)

    def _answer(self, method, params):
        """What one request is answered. A command is answered by a tick, or by some."""
        asked = self._send(method, json.loads(params))
        for _ in range(_ANSWER_TICKS):
            if self.hung:
                break
            self._serve()
            answer = self._listen(asked)
            if answer is not None:
                return answer
            self._tick()
        return {"error": {"message": "no answer: the processor stands still"}}

    def _tick(self):
        board = self.board
        if board.button_down and board.now_ms >= self._hold_until_ms:
            board.button_down = False
        board.advance(TICK_MS)
        if not self.hung:
            self.loop.tick()
            self._serve()

    def _serve(self):
        while self.loop.serve():
            pass

    def look(self):
        """Everything that the page draws, as JSON."""
        plant, board, guard = self.plant, self.board, self.loop.guard
        events, self._events = self._events, []
        return json.dumps(
            {
                "t_s": board.now_ms / 1000,
                "state": states.NAMES[guard.state],
                "telemetry": self._telemetry(),
                "sensor_c": plant.sensor_a_c,
                "skin_c": plant.skin_c,
                "skin_cem43": plant.skin_cem43,
                "pad_c": plant.pad_c,
                "k1": board.k1.contact,
                "k2": board.k2.contact,
                "bimetal": board.bimetal.closed,
                "live": board.k1.contact
                and board.k2.contact
                and board.supply
                and board.bimetal.closed,
                "hung": self.hung,
                "events": events,
            }
        )

    def _telemetry(self):
        from poultice_core.telemetry import build

        return build(self.loop)

    def _send(self, method, params):
        self._id += 1
        message = {"jsonrpc": "2.0", "id": self._id, "method": method}
        if params is not None:
            message["params"] = params
        self.board.to_device.append(codec.encode(message))
        return self._id

    def _listen(self, asked=0):
        found = None
        sent, self.board.from_device = self.board.from_device, []
        for piece in sent:
            for line in piece.split(b"\n"):
                text = codec.unseal(line) if line else None
                if text is None:
                    continue
                message = json.loads(text)
                if asked and message.get("id") == asked:
                    found = message
                elif message.get("method") == "event":
                    self._events.append(message["params"])
        return found
