"""The host of a real device, for a page: the client, the engine, the judgement and the words of
`poultice run`, gone on with by the page whenever a line has come or a time is over.

What goes in and comes out is text. On MicroPython in a browser these are the host's own modules,
in its dialect (docs/site/dialect.py); nothing here decides what they decide.
"""

import datetime
import json

import commands

from poultice import language, remedies, session, words
from poultice.errors import DeviceLostError, PoulticeError
from poultice.language import tr
from poultice.link.client import Client
from poultice.link.messages import Event
from poultice.session import engine
from poultice.session.orders import Orders
from poultice.therapy import screening
from poultice.therapy.phase import Phase, Protocol
from poultice.words import phase as in_words

_LINE_MAX = 4096

# What nobody looks at is put into words this often: the tab has a title.
_UNSEEN_MS = 10_000


def _gone():
    hint = tr("the device turns its pad off by itself; check the cable, then connect again")
    return DeviceLostError(tr("the port is gone"), hint=hint)


class Port:
    """The transport: `sent` is what the page has to write; who receives gives way."""

    virtual = False
    path = "USB"

    def __init__(self):
        self.sent = []
        self.clock_s = 0.0

    def now_s(self):
        """Seconds of the page's monotonic clock."""
        return self.clock_s

    def send(self, line):
        """One line, behind an empty one: whatever stands before it is ended."""
        self.sent.append((b"\n" + line).decode())

    def receive(self, timeout_s):
        """The next line, or None after so many seconds."""
        line = yield timeout_s
        return line

    def close(self):
        """The page does that."""


class Host:
    """One device at one port. `library` is the JSON that the build made of the protocols' files,
    `ahead_s` how far the reader's clock is ahead of UTC, `catalogue` has the texts of another
    language."""

    def __init__(self, library, ahead_s=0, catalogue="{}"):
        datetime.ahead_s = ahead_s
        language.use(json.loads(catalogue), commands.SAID)
        told = json.loads(library)
        self._columns = told["columns"]
        self._counts = told["counts"]
        self._ages = told["ages"]
        self._core = told["core"]
        self._names = [one["name"] for one in told["protocols"]]
        self._protocols = {}
        for one in told["protocols"]:
            phases = tuple([Phase(**phase) for phase in one.pop("phases")])
            self._protocols[one["name"]] = Protocol(phases=phases, source="", **one)
        self._port = Port()
        self._client = Client(self._port)
        self._orders = Orders()
        self._asked = None
        self._hello = None
        self._told = []
        self._now = None
        self._seen = True
        self._worded_ms = 0
        self._steps = self._live()
        self._begun = self._left = False
        # Only while nothing of this page runs may it be asked for something.
        self._free = False

    # --- what is there -------------------------------------------------------------------

    def protocols(self):
        """The library, for people."""
        return json.dumps(
            [
                {
                    "name": one.name,
                    "title": tr(one.title),
                    "summary": tr(one.summary),
                    "phases": [in_words(phase.__dict__) for phase in one.phases],
                }
                for one in [self._protocols[name] for name in self._names]
            ]
        )

    def questions(self, name):
        """What is asked before this protocol: key and text."""
        return json.dumps(
            [[one.key, tr(one.text)] for one in screening.asked_before(self._protocols[name])]
        )

    def ages(self):
        """How old the injury is: the question, and its answers as value and text."""
        answers = [[age, tr(screening.INJURY_AGES[age])] for age in self._ages]
        return json.dumps({"question": tr("How old is the injury?"), "answers": answers})

    def held(self, reason):
        """What to say of a port that cannot be opened."""
        hint = tr("does another page or program hold it? ({reason})", reason=reason)
        return json.dumps({"text": tr("The port cannot be opened."), "hint": hint})

    # --- what a person wants -------------------------------------------------------------

    def run(self, asked):
        """A session: JSON of `protocol`, `answers`, `injury_age`, `by_button`, `sensitive`, `fit`.
        It begins with the next step; while another runs or begins it is passed over."""
        self._ask(json.loads(asked))

    def order(self, what):
        """`stop`, `pause`, `resume`, or `confirm`: the prompt that stands."""
        if what == "stop":
            self._orders.stop()
        elif what == "confirm":
            self._orders.confirm(self._now and self._now.prompt)
        else:
            self._orders.want(what)

    def clear(self):
        """Clear the fault that stands, where a host may."""
        self._ask({"clear": self._now and self._now.fault})

    def look(self, seen):
        """Is the page looked at? Only then is each second put into words."""
        self._seen = seen
        if seen and self._now is not None:
            self._word()

    def leave(self):
        """Let go of the device; a session that this page runs is stopped first, in good order."""
        self._left = True
        if self._free:
            self._orders.abandon()
        else:
            self._orders.stop()

    def _ask(self, asked):
        if self._free and not self._left:
            self._free = False
            self._asked = asked
            # What is ordered from here on is ordered of what was asked for.
            before, self._orders = self._orders, Orders()
            before.abandon()

    # --- time ----------------------------------------------------------------------------

    def step(self, now_s, line=None, lost=False):
        """Go on, with a line of the port or without: JSON of what is to be written (`send`), what
        there is to show (`told`), and how long may be waited for a line (`wait_s`; null: over)."""
        self._port.clock_s = now_s
        try:
            if lost:
                wait_s = self._steps.throw(_gone())
            elif self._begun:
                data = None if line is None else line.encode()
                wait_s = self._steps.send(data if data is None or len(data) < _LINE_MAX else b"")
            else:
                self._begun = True
                wait_s = self._steps.send(None)
        except StopIteration:
            wait_s = None
        except PoulticeError as error:
            wait_s = None
            self._error("gone", error)
        sent, self._port.sent = self._port.sent, []
        told, self._told = self._told, []
        return json.dumps({"wait_s": wait_s, "send": "".join(sent), "told": told})

    def _live(self):
        client = self._client
        self._hello = yield from client.hello()
        yield from session.make_ready(client)
        config = yield from client.get_config()
        self._tell(
            "hello",
            firmware=self._hello.firmware,
            uid=self._hello.uid,
            core=self._hello.core,
            tested=self._hello.core == self._core,
            config=config,
        )
        while not self._left:
            self._orders = Orders()
            self._free = True
            yield from engine.follow(client, self._orders, self._update, self._refused)
            self._free = False
            asked, self._asked = self._asked, None
            if asked is None:
                continue
            # Whatever of the device's own clearing or arming is refused, the page goes on.
            try:
                if "clear" in asked:
                    yield from client.clear_fault(asked["clear"])
                else:
                    yield from self._run(asked)
            except DeviceLostError:
                raise
            except PoulticeError as error:
                self._error("refused", error)

    def _run(self, asked):
        protocol = self._protocols[asked["protocol"]]
        answers = screening.Answers(asked["answers"], asked["injury_age"])
        notes = session.judged(protocol, answers).warnings
        plan, lowered = session.plan_for(
            protocol,
            self._hello,
            sensitive=asked.get("sensitive", False),
            fit=asked.get("fit", False),
        )
        now = yield from self._client.status()
        remedies.require_free(now, protocol.modes)
        running = engine.Engine(
            self._client,
            plan,
            orders=self._orders,
            refused=self._refused,
            by_button=asked.get("by_button", False),
            token_s=self._hello.limits.get("token_s", 60),
        )
        what = session.described(protocol.name, "web", self._hello, plan, answers)
        what.update(what.pop("answers"))
        self._tell("begun", notes=notes + lowered)
        recorded = []

        def take(update):
            # As the recorder does: from when the session was seen to run, or asks for its pack.
            asks = isinstance(update, Event) and update.kind == "prompt"
            if not recorded and (asks or running.tally.began):
                recorded.append(True)
                self._tell("recorded", session=what)
            self._update(update)

        try:
            yield from running.run(take)
        except PoulticeError:
            # Whatever was recorded ends here, without an outcome.
            self._tell("over")
            raise
        ending = session.ended(running)
        ended = {"outcome": ending.outcome, "reason": ending.reason, "fault": ending.fault}
        summary = running.tally.to_json()
        summary.update(ended)
        summary.update(protocol=protocol.name, device=what["device"], record=None)
        summary["session"] = running.tally.session
        what.update(ended)
        what.update({name: summary[name] for name in self._counts})
        what.update(n=None, simulated=False, summary=summary, note=None)
        error = ending.error
        self._tell(
            "ended",
            session=what,
            lines=words.summary(summary)[:-1],
            fault=ending.fault,
            error=None if error is None else str(error),
            hint=None if error is None else error.hint,
        )

    def _update(self, update):
        if isinstance(update, Event):
            self._tell("event", text=words.event(update), event=update.data)
            return
        before, self._now = self._now, update
        row = update.to_json()
        self._tell("now", now={name: row.get(name) for name in self._columns})
        changed = before is None or before.state != update.state
        if self._seen or changed or abs(update.t_ms - self._worded_ms) >= _UNSEEN_MS:
            self._word()

    def _word(self):
        now = self._now
        self._worded_ms = now.t_ms
        self._tell(
            "words",
            line=words.line(now).partition("  ")[2],
            facts=words.facts(now.to_json()),
            asks=words.meaning("prompts", now.prompt) if now.prompt else None,
        )

    def _refused(self, error):
        self._error("refused", error)

    def _error(self, kind, error):
        hint, instead = error.hint, error.data.get("instead")
        if instead:
            # The page's list has titles.
            hint = hint.replace(instead, tr(self._protocols[instead].title))
        self._tell(kind, text=str(error), hint=hint)

    def _tell(self, kind, **members):
        members["kind"] = kind
        self._told.append(members)
