"""The dashboard's panels as lines of text: pure functions of what is known of a device."""

from __future__ import annotations

from poultice import remedies, temperature, words
from poultice.cli.dashboard.chart import LABEL_CELLS
from poultice.cli.dashboard.course import Course
from poultice.cli.dashboard.drawn import Line, Marks, Run, merged, plain, width_of
from poultice.language import put, tr
from poultice.texts import told

_BAR_CELLS = 20
_NARROW_CELLS = 100
# Of a row of the list without the device's name; the longest fault fits.
_ROW_CELLS = 59


def heading(course: Course, width: int, marks: Marks) -> Line:
    """What runs, where, in what state, and how much time is left."""
    left: Line = [(f" {course.title or 'poultice'} ", "bar bold"), (f" {course.name} ", "bar")]
    right: Line = [(f" {tr(course.state)} ", "bar bold")]
    if course.left_s is not None:
        right.append((tr("{clock} left", clock=words.clock(course.left_s)) + " ", "bar bold"))
    room = width - width_of(right)
    first = left[0][0][:room]
    name = left[1][0]
    if len(first) + len(name) > room:
        name = name[: max(0, room - len(first) - 4)] + "... "
    gap = " " * max(0, room - len(first) - len(name))
    line = [(first, "bar bold"), (name + gap, "bar"), *right]
    return [(plain(text, marks), style) for text, style in line]


def timeline(course: Course, width: int, marks: Marks) -> Line:
    """The phases, as long as they last, above the curve; what is behind is filled."""
    columns = width - LABEL_CELLS
    if not course.plan:
        now = course.now
        if now is None or not now.mode:
            return [(" " * LABEL_CELLS, ""), (tr("no session runs"), "dim")]
        text = tr(
            "phase {number}: {mode}  {clock} left",
            number=(now.phase or 0) + 1,
            mode=tr(now.mode),
            clock=words.clock(now.phase_left_s),
        )
        return [(" " * LABEL_CELLS, ""), (f" {text} ".ljust(columns), f"{now.mode}")]
    cells: list[Run] = [(" " * LABEL_CELLS, "")]
    done = round(course.elapsed_s / course.total_s * columns)
    for one in course.plan:
        first = round(one.start_s / course.total_s * columns)
        last = round(one.end_s / course.total_s * columns)
        size = last - first
        mode = tr(one.mode)
        wanted = (f" {mode} {words.clock(one.end_s - one.start_s)}", f" {mode}", mode)
        label = next((text for text in wanted if len(text) < size), mode[:1])[:size]
        for index, char in enumerate(label.ljust(size)):
            past = first + index < done
            if past and char == " " and index >= len(label):
                char = marks.past
            cells.append((char, f"{one.mode} past" if past else one.mode))
    return merged(cells)


def facts(course: Course, width: int, marks: Marks) -> list[Line]:
    """Temperatures, dose, heat budget, relays: four lines."""
    now = course.now
    if now is None:
        return [[("  " + tr("waiting for the device"), "dim")]]
    cutoff_mc = course.cutoff_mc(now.mode)
    skin: Line = [
        (temperature.shown(now.temp_mc), "bold"),
        (f"  {tr('target')} {temperature.shown(now.target_mc)}", "good"),
        (f"  {tr('cutoff')} {temperature.shown(cutoff_mc)}", ""),
        (f"  {tr('sensor B')} {temperature.shown(now.temp_b_mc)}", "dim"),
    ]
    limit_m = course.dose_limit_m()
    dose_m = now.dose_m or 0
    dose: Line = [
        *_bar(dose_m / limit_m if limit_m else 0, marks),
        ("  " + tr("{a} of {b}", a=words.cem43(now.dose_m), b=words.cem43(limit_m)), ""),
    ]
    budget = now.budget_pct
    heat: Line = [
        *_bar((budget or 0) / 100, marks),
        ("  " + tr("{share} left", share="-" if budget is None else f"{budget} %"), ""),
    ]
    relays: Line = []
    for name in ("master", "heat", "cool"):
        closed = bool(getattr(now, name))
        relays.append((f"{marks.on if closed else marks.off} {name}", "good" if closed else "dim"))
        relays.append(("  ", ""))
    if now.duty_pct is not None:
        relays.append((tr("heat on {pct} % of the last minute", pct=now.duty_pct), "dim"))
    phase = course.phase()
    if phase is not None and now.phase is not None and width >= _NARROW_CELLS:
        of = tr("phase {number} of {count}", number=now.phase + 1, count=len(course.plan))
        skin.append((f"  {of}", "dim"))
    labelled = (
        (tr("sensor A"), skin),
        (tr("dose"), dose),
        (tr("heat budget"), heat),
        (tr("relays"), relays),
    )
    return [
        [
            (f" {label:<12}", "dim"),
            *((plain(text, marks), style) for text, style in line),
        ]
        for label, line in labelled
    ]


def message(course: Course, *, watching: bool, stopping: bool) -> Run:
    """The one thing that the person should read now."""
    fault = course.fault()
    if fault is not None:
        return " " + tr("fault {fault}: {remedy}", fault=fault[0], remedy=fault[1]), "alarm"
    if stopping and not course.over:
        return " " + tr("stopping; waiting for the device to say that the pad is off"), "ask"
    now = course.now
    if now is None:
        return "", ""
    if course.over:
        over, little = tr("this session is over"), course.little
        return f" {over}" if little is None else f" {over}; {little}", "say"
    if now.state == "waiting" and now.prompt:
        asked = told("prompts", now.prompt)
        says = tr("{asked}, then press Enter here or the button on the device", asked=asked)
        return f" {says}", "ask"
    if now.state == "paused":
        most_s = course.limits.get("pause_max_s")
        says = tr("paused: the pad is off; r goes on")
        if most_s:
            until = tr("the device ends it after {time}", time=words.span(most_s))
            says = put("{says}; {until}", says=says, until=until)
        return f" {says}", "ask"
    if now.state == "armed":
        return " " + tr("press the device's button to start"), "ask"
    said = course.say()
    if said:
        return f" {tr(said)}", "say"
    if watching and now.state == "idle":
        rests = [
            tr("{mode} again in {wait}", mode=tr(name), wait=remedies.duration(rest))
            for name, rest in (("heat", now.rest_heat_s), ("cold", now.rest_cold_s))
            if rest
        ]
        if course.little is not None:
            return f" {course.little}", "say"
        return f" {'; '.join(rests)}" if rests else "", "dim"
    return "", ""


def row(course: Course, width: int, marks: Marks, *, chosen: bool) -> Line:
    """One device in the list of several."""
    now = course.now
    fault = course.fault()
    state = fault[0] if fault else tr(course.state)
    style = "alarm" if fault else "bar bold" if chosen else ""
    left = words.clock(course.left_s)
    name_cells = min(max(width - _ROW_CELLS, 8), 40)
    cells = [
        f"{marks.chosen if chosen else ' '} {_short(course.name, name_cells):<{name_cells}}",
        f"{tr((now.mode if now else None) or '-'):<5}",
        f"{temperature.shown(now.temp_mc) if now else '-':>8}",
        f"{temperature.shown(now.target_mc) if now else '-':>8}",
        f"{left:>6}",
    ]
    text = plain("  ".join(cells), marks)
    return [(f"{text}  {state}".ljust(width)[:width], style)]


def small(course: Course, width: int, height: int) -> list[Line]:
    """What is left of it on a terminal that is too small."""
    now = course.now
    kind, style = message(course, watching=False, stopping=False)
    size = f"{width}x{height}"
    return [
        [(f"{course.title} {tr(course.state)}"[:width], "bold")],
        [(f"{words.line(now)}"[:width] if now else "", "")],
        [(kind.strip()[:width], style)],
        [(tr("{size} is too small for the view (80x24);", size=size)[:width], "dim")],
        [(tr("the session goes on. s stops it")[:width], "dim")],
    ][:height]


def _bar(share: float, marks: Marks) -> Line:
    full = min(max(round(share * _BAR_CELLS), 0), _BAR_CELLS)
    if share > 0:
        full = max(full, 1)
    return [(marks.full * full, ""), (marks.empty * (_BAR_CELLS - full), "dim")]


def _short(name: str, cells: int) -> str:
    """The end of a long path is what tells it from the next."""
    return name if len(name) <= cells else f"{name[:4]}...{name[7 - cells :]}"
