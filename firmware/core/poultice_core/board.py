"""What a board must offer: the whole of the hardware, as the device's logic sees it.

A board samples, writes outputs and moves bytes. It decides nothing. The loop calls `sample`,
`estop`, `button` and `sense` once at the start of a tick, `write` once after the guard has judged,
and `feed` once when a tick is done but for what it reports.
"""

SENSE_LOW = 0
SENSE_HIGH = 1
SENSE_BROKEN = 2

# What a burst of 16 conversions comes to: their sum; the sum of the middle 8, which is eighths of a
# code; how far those 8 lie apart.
SUM = 0
MIDDLE_X8 = 1
SPREAD = 2


def condense(codes: list[int], burst: list[int]) -> None:
    """What 16 codes come to, into `burst`; sorts them. For boards that have no faster way."""
    codes.sort()
    burst[SUM] = sum(codes)
    burst[MIDDLE_X8] = sum(codes[4:12])
    burst[SPREAD] = codes[11] - codes[4]


class Store:
    """Files of the device, by name: the journal, the configuration."""

    def load(self, name: str) -> bytes | None:
        """The whole content last saved under `name`; None where there is none.

        Raises OSError where the file system does not mount or cannot be read.
        """
        raise NotImplementedError

    def save(self, name: str, data: bytes) -> None:
        """Replace `name` whole: after a power cut either the old or the new content is there.

        Raises OSError (full, worn out). Never called while MASTER is energised.
        """
        raise NotImplementedError


class Board:
    """The hardware contract. Attributes are set before the loop is made.

    `core`: the fingerprint of the sources of the device's logic, "" where it is not known.
    """

    name = "board"
    uid = "0000000000000000"
    core = ""
    reset_cause = "power_on"
    store: Store

    def ticks_ms(self) -> int:
        """Milliseconds since an arbitrary start, on the ring 0 … 2^30 - 1."""
        raise NotImplementedError

    def sample(self, burst_a: list[int], burst_b: list[int]) -> bool:
        """16 conversions of each sensor, of 12 bits; what they come to: SUM, MIDDLE_X8, SPREAD.

        Sensor B's is of no account where B is not fitted. Returns False where no new conversion
        could be made; then neither is looked at.
        """
        raise NotImplementedError

    def sense(self) -> int:
        """The pad supply: SENSE_LOW or SENSE_HIGH where it was so at every look since the last
        call, SENSE_BROKEN where it changed in between."""
        raise NotImplementedError

    def button(self) -> bool:
        """True while the button is pressed: a level counts once it has stood for 30 ms without an
        edge in between."""
        raise NotImplementedError

    def estop(self) -> bool:
        """True while the emergency stop's loop is open (pressed, or its wire cut)."""
        raise NotImplementedError

    def write(self, master: bool, heat: bool, cool: bool) -> None:
        """Set the outputs for this tick. `master` gives the dead-man one token (250 ms from
        now, never added up) or drops MASTER at once."""
        raise NotImplementedError

    def show(self, led: int, tune: int) -> None:
        """The LED's blink code and a tune to start on the buzzer (0: none); see `signals`."""

    def feed(self) -> None:
        """Feed the hardware watchdog: called once a tick, behind the outputs and memory."""

    def receive(self, buffer: bytearray) -> int:
        """Read what the host sent into `buffer`; the number of bytes, 0 for none. Never blocks."""
        raise NotImplementedError

    def send(self, line: bytes) -> bool:
        """Send a whole line or nothing at all; False where there is no room. Never blocks."""
        raise NotImplementedError

    def entropy(self) -> int:
        """28 bits for a start token. Unpredictable enough that a stray frame cannot hit it."""
        raise NotImplementedError

    def reboot(self, into: str) -> None:
        """Outputs off, leave the planned-reboot mark, then restart into `app`, `repl` or
        `bootloader`. Does not return on a real board."""
        raise NotImplementedError
