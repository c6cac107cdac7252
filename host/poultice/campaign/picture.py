"""The campaign as a picture: the dose at the skin of every run, by fault class."""

from __future__ import annotations

from pathlib import Path

from poultice.campaign.summary import DOSE_LINES_CEM43, Rows

_LEAST_CEM43 = 1e-3


def draw(rows: Rows, path: Path) -> None:
    """One line a class, a dot a run, on a log axis. Runs below a thousandth are counted at the
    left, and an open ring is the median of a class where it is above that. Raises OSError."""
    import matplotlib
    from matplotlib.figure import Figure

    groups = sorted(rows.doses().items(), key=lambda group: (group[1][-1], group[0]))
    # The same rows make the same file: no random ids, no date.
    with matplotlib.rc_context({"svg.hashsalt": "poultice", "font.size": 9}):
        figure = Figure(figsize=(8.0, 1.6 + 0.24 * len(groups)), layout="constrained")
        axes = figure.add_subplot()
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        for line, colour in zip(DOSE_LINES_CEM43, ("#d08000", "#c02020"), strict=True):
            axes.axvline(line, color=colour, linewidth=1)
            axes.annotate(
                f"{line:.0f}", (line, 1), xycoords=("data", "axes fraction"), color=colour,
                xytext=(0, 3), textcoords="offset points", ha="center",
            )  # fmt: skip
        for place, (_, doses) in enumerate(groups):
            seen = [dose for dose in doses if dose >= _LEAST_CEM43]
            # Neither random nor in a row: dots of equal dose lie beside each other.
            apart = [place + 0.3 * ((i * 0.618) % 1.0 - 0.5) * 2 for i in range(len(seen))]
            axes.scatter(seen, apart, s=7, alpha=0.5, linewidths=0, color="#2060a0")
            middle = doses[len(doses) // 2]
            if middle >= _LEAST_CEM43:
                axes.scatter([middle], [place], s=40, facecolors="none", edgecolors="black")
            axes.annotate(
                f"{len(doses) - len(seen)} of {len(doses)}",
                (0, place), xycoords=("axes fraction", "data"), va="center",
                xytext=(4, 0), textcoords="offset points", color="#707070", fontsize=7,
            )  # fmt: skip
        axes.set_yticks(range(len(groups)), [name for name, _ in groups])
        axes.set_ylim(-0.7, len(groups) - 0.3)
        most = max(groups[-1][1][-1], DOSE_LINES_CEM43[-1])
        axes.set_xlim(_LEAST_CEM43 / 8, most * 3)
        axes.grid(axis="x", color="#e0e0e0", linewidth=0.5)
        axes.set_axisbelow(True)
        axes.set_xlabel(
            f"dose at the skin, CEM43 minutes ({len(rows)} simulated runs)\n"
            "dot: a run; ring: the class's median; at the left: runs below 0.001"
        )
        figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
