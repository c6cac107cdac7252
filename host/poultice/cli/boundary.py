"""The one place where errors become words on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

import click

from poultice.cli import output
from poultice.cli.root import root
from poultice.errors import ExitCode, Interrupted, PoulticeError
from poultice.language import tr

_UNWRITABLE = (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EFBIG)


def run(args: Sequence[str]) -> int:
    """Run the command line `args`; the exit code."""
    output.provide_streams()
    try:
        code = root.main(list(args), "poultice", standalone_mode=False, obj=list(args))
        sys.stdout.flush()
        return code if isinstance(code, int) else ExitCode.DONE
    except Interrupted as error:
        output.say(str(error))
        return error.exit_code
    except PoulticeError as error:
        output.say_error(str(error), error.hint)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show(file=sys.stderr)
        return ExitCode.USAGE
    except click.ClickException as error:
        where: click.Context | None = getattr(error, "ctx", None)
        hint = (
            tr("`{command} --help` shows what there is", command=where.command_path)
            if where
            else None
        )
        output.say_error(error.format_message(), hint)
        return ExitCode.USAGE
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        output.say(tr("left; nothing was started"))
        return ExitCode.INTERRUPTED
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            return _unexpected(error, args)
        output.give_up_stdout()
        if error.errno != errno.EPIPE:
            output.say_error(
                tr("the output cannot be written: {why}", why=error.strerror),
                tr("free some space there"),
            )
        return ExitCode.UNEXPECTED
    except Exception as error:
        return _unexpected(error, args)


def _unexpected(error: Exception, args: Sequence[str]) -> int:
    # Asked to see the insides.
    if os.environ.get("POULTICE_DEBUG") or {"-v", "-vv", "--verbose"} & set(args):
        raise error
    output.say_error(
        tr("unexpected: {what}", what=f"{type(error).__name__}: {error}"),
        tr("POULTICE_DEBUG=1 shows where; please report it with that"),
    )
    return ExitCode.UNEXPECTED
