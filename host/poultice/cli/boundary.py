"""The one place where errors become words on stderr and an exit code."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence

import click

from poultice.cli.root import root
from poultice.errors import ExitCode, Interrupted, PoulticeError

_UNWRITABLE = (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EFBIG)


def run(args: Sequence[str]) -> int:
    """Run the command line `args`; the exit code."""
    if sys.stdout is None or sys.stderr is None:
        from poultice.cli.output import provide_streams

        provide_streams()
    # A terminal that cannot show `°` gets `?`, never an error.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = root.main(list(args), "poultice", standalone_mode=False, obj=list(args))
        sys.stdout.flush()
        return code if isinstance(code, int) else ExitCode.DONE
    except Interrupted as error:
        _tell(str(error))
        return error.exit_code
    except PoulticeError as error:
        _say(str(error), error.hint)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show(file=sys.stderr)
        return ExitCode.USAGE
    except click.UsageError as error:
        hint = f"`{error.ctx.command_path} --help` shows what there is" if error.ctx else None
        _say(error.format_message(), hint)
        return ExitCode.USAGE
    except click.ClickException as error:
        _say(error.format_message(), None)
        return ExitCode.USAGE
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _tell("left; nothing was started")
        return ExitCode.INTERRUPTED
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            return _unexpected(error, args)
        from poultice.cli.output import give_up_stdout

        give_up_stdout()
        if error.errno != errno.EPIPE:
            _say(f"the output cannot be written: {error.strerror}", "free some space there")
        return ExitCode.UNEXPECTED
    except Exception as error:
        return _unexpected(error, args)


def _unexpected(error: Exception, args: Sequence[str]) -> int:
    if wants_traceback(args):
        raise error
    _say(
        f"unexpected: {type(error).__name__}: {error}",
        "POULTICE_DEBUG=1 shows where; please report it with that",
    )
    return ExitCode.UNEXPECTED


def wants_traceback(args: Sequence[str]) -> bool:
    """Whether the person asked to see the insides (-v, or POULTICE_DEBUG set)."""
    return bool(os.environ.get("POULTICE_DEBUG")) or bool({"-v", "-vv", "--verbose"} & set(args))


def _tell(text: str) -> None:
    from poultice.cli.output import say

    say(text)


def _say(message: str, hint: str | None) -> None:
    from poultice.cli.output import say_error

    say_error(message, hint)
