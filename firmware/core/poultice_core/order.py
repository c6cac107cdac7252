"""What an accepted plan asks of the guard: the bounds of one session."""


class Order:
    """Set by whoever arms; the guard takes each bound only as far as its limits go.

    `heat_phases`: how many heat phases the plan has; the relay proof runs after the last one.
    """

    def __init__(self) -> None:
        self.heat_s = 0
        self.hot_s = 0
        self.cold_s = 0
        self.total_s = 0
        self.heat_phases = 0
        self.sensitive = False
        self.attended_s = 0
        self.dose_m = 0


class Inputs:
    """One tick's measurements and what the session asks for; made once, filled in each tick.

    `code_x8_*`: eighths of a 12-bit code (the sum of the middle 8 samples). `raw_*`: the plain sum
    of all 16. `fresh`: was there a new burst? `heard`: came a valid request since the last tick?
    """

    def __init__(self) -> None:
        self.now_ms = 0
        self.fresh = True
        self.code_x8_a = 0
        self.raw_a = 0
        self.temp_a_mc = 0
        self.code_x8_b = 0
        self.raw_b = 0
        self.temp_b_mc = 0
        self.sense = 0
        self.button = False
        self.estop = False
        self.heard = False
        self.ask_phase = -1
        self.ask_mode = 0
        self.ask_target_mc = 0
        self.ask_heat = False
        self.ask_cool = False
        self.ask_done = False
