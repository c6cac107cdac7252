"""`poultice protocols`: the library, and a file checked against the limits."""

from __future__ import annotations

from typing import Any

import click

from poultice.cli import complete
from poultice.cli.base import Command, Group, Result, device_options, person_options
from poultice.errors import LimitError, UsageError
from poultice.language import tr


class _Library(Group):
    """Its commands, and any other word as one to look for: `poultice protocols knee`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Click's; a word that is no command belongs to the list."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["list", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_Library, invoke_without_command=True)
def protocols() -> None:
    """The library of therapy protocols; with WORDS (knee, gout) those made for that."""


@protocols.first
@click.command("list", cls=Command)
@click.argument("words", nargs=-1)
@person_options
def list_(words: tuple[str, ...] = ()) -> Result:
    """The protocols that come with poultice; with WORDS (knee, gout) those made for that."""
    from poultice.therapy import library

    found = library.find(" ".join(words)) if words else library.all_protocols()
    if not found:
        raise UsageError(
            tr("there is no protocol for {words}", words=" ".join(words)[:64]),
            hint=tr("`poultice protocols` lists them all; `show NAME`, `check FILE` take one"),
        )
    return Result({"protocols": [_whole(one) for one in found]}, "protocols")


@protocols.command()
@click.argument("name", shell_complete=complete.protocol)
@person_options
def show(name: str) -> Result:
    """One protocol (its name, what it is for, or a file): phases, and where its numbers come
    from."""
    from poultice.errors import UnknownProtocolError
    from poultice.therapy import library

    try:
        found = library.load(name)
    except UnknownProtocolError as error:
        # To look at the one that there is harms nobody; `run` wants it by its name.
        if len(error.nearest) != 1 or not library.find(name):
            raise
        found = library.load(error.nearest[0])
    return Result(_whole(found), "protocol")


@protocols.command()
@click.argument("file", shell_complete=complete.file)
@device_options
def check(file: str, device: str | None) -> Result:
    """Check a protocol FILE against the limits: the device's with -d, else those of a
    fully equipped device of this version."""
    from poultice.therapy import library, plan

    protocol = library.load(file)
    limits = _limits(device)
    made, _ = plan.make_plan(protocol, sensitive=False, attended_s=10, limits=limits)
    violations = plan.check(made, limits)
    data = {
        "file": file,
        "name": protocol.name,
        "ok": not violations,
        "violations": [
            {name: getattr(one, name) for name in ("limit", "asked", "allowed", "phase", "text")}
            for one in violations
        ],
    }
    error = None
    if violations:
        hint = "lower what is listed, or run it with --fit"
        widest = plan.reference_limits()
        beyond = plan.check(made, widest)
        if beyond:
            hint = plan.beyond_hint(made, beyond, widest)
        error = LimitError(
            f"{file} is over {len(violations)} limit{'s' * (len(violations) > 1)}", hint=hint
        )
    return Result(data, "check", error)


def _limits(device: str | None) -> dict[str, int]:
    from poultice.device import discovery
    from poultice.therapy import plan

    if device is None:
        return plan.reference_limits()

    with discovery.open_device(device) as client:
        return dict(client.hello().limits)


def _whole(protocol: Any) -> dict[str, Any]:
    def seconds(*modes: str) -> int:
        return sum(phase.duration_s for phase in protocol.phases if phase.mode in modes)

    return {
        **{name: getattr(protocol, name) for name in ("name", "title", "summary")},
        "keywords": list(protocol.keywords),
        "acute": protocol.acute,
        "heat_s": seconds("heat"),
        "cold_s": seconds("cold"),
        "total_s": seconds("heat", "cold", "rest"),
        "evidence": list(protocol.evidence),
        "phases": [
            {name: getattr(one, name) for name in ("mode", "target_mc", "duration_s", "say")}
            for one in protocol.phases
        ],
    }
