"""What a guard is made of: everything that is counted, kept and judged, each made once."""

from .admission import Admission
from .budget import Budget
from .clocks import Bounds, Clocks
from .dose import Dose
from .interval import Interval
from .judges.cold import Cold
from .judges.cutoffs import Cutoffs, DoseLimit
from .judges.durations import Durations
from .judges.heating import HeatingProof
from .judges.integrity import Integrity
from .judges.lateness import Lateness
from .judges.predictive import Predictive
from .judges.treatment import Treatment
from .judges.welds import CoolingWatch, SenseWatch
from .latch import Latch
from .ledger import Ledger
from .limits import Limits
from .pack import Pack
from .reading import Reading
from .relays import Brake, Dwell, RelayProof
from .settings import Settings
from .tick import Order
from .trend import Trend


class Parts:
    """Limits and settings in force are two objects that everybody here holds; a configuration that
    comes into force changes their values."""

    def __init__(
        self, limits: Limits, settings: Settings, ledger: Ledger, table: bytes, budget_uj: int
    ) -> None:
        self.limits = limits
        self.settings = settings
        self.ledger = ledger
        self.now = Interval()
        self.reading = Reading(limits, settings, table)
        self.trend = Trend(self.reading)
        self.clocks = Clocks(limits)
        self.bounds = Bounds(limits, ledger)
        self.budget = Budget(limits, settings, budget_uj)
        self.dose = Dose()
        self.pack = Pack(limits, self.reading)
        self.proof = RelayProof(limits)
        self.dwell = Dwell(limits)
        self.brake = Brake(limits)
        self.admission = Admission(limits, self.reading, ledger, self.brake)
        self.lateness = Lateness(limits)
        self.cutoffs = Cutoffs(limits, self.reading, self.clocks)
        self.dose_limit = DoseLimit(self.reading, self.dose, self.bounds)
        self.cold = Cold(limits, self.reading, self.pack)
        self.predictive = Predictive(limits, self.reading)
        self.heating = HeatingProof(limits, settings, self.reading, self.trend)
        self.sense = SenseWatch(limits, settings, self.proof)
        self.cooling = CoolingWatch(limits, settings, self.reading, self.trend)
        self.durations = Durations(limits, self.clocks, self.bounds)
        self.treatment = Treatment(limits, self.reading)
        self.integrity = Integrity(limits, settings)
        self.latch = Latch(limits, settings, self.reading, self.sense, self.integrity)

    def begin(self, order: Order) -> None:
        """A session begins: what is counted over one starts anew."""
        self.admission.forget()
        self.clocks.begin()
        self.bounds.begin(order)
        self.dose.reset()
        self.pack.laid = False
        self.pack.removed = False
        self.dwell.operations = 0
        self.reading.begin()
        self.lateness.begin()
        self.cold.restart()
        self.treatment.begin()
        self.heating.weak = False

    def treated(self) -> bool:
        """Has this session given an energised or cold second?"""
        return self.clocks.heat_ms + self.clocks.cold_ms > 0

    def book(self, complete: bool, proved: bool) -> None:
        """Enter the session that ends into the ledger; one that gave nothing onto the brake, where
        its relay proof is not there already."""
        clocks = self.clocks
        if self.treated():
            treated_ms = clocks.heat_ms + clocks.cold_ms
            rests = complete or treated_ms >= self.limits.rest_asked_from_s * 1000
            ago_s = clocks.since_treated_ms // 1000
            self.ledger.add(clocks.heat_s(), clocks.cold_s(), self.dose.milli(), rests, ago_s)
        elif not proved:
            self.brake.note()
