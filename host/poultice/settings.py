"""Where things are kept, and the configuration file.

The file is TOML, `config.toml` in the user's configuration directory; `POULTICE_CONFIG` names
another, which then has to be there. A key at the top is the default of that option for every
command that has it; a table named after a command holds for that command and wins. What the
command line or an environment variable says comes before either.
"""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

from poultice.errors import UsageError

FILE_MAX_BYTES = 65_536


def config_path() -> Path:
    """The configuration file, whether it exists or not."""
    named = os.environ.get("POULTICE_CONFIG")
    return Path(expanded(named)) if named else _own("config", "~/.config") / "config.toml"


def _own(kind: str, default: str) -> Path:
    """This program's directory among the user's own of that kind."""
    here: str = sys.platform  # by another name, which a type checker takes for no constant
    if here == "linux":
        # What platformdirs says too, which costs every command ten milliseconds.
        base = os.environ.get(f"XDG_{kind.upper()}_HOME", "")
        base = base if os.path.isabs(base) else os.path.expanduser(default)  # noqa: PTH111, PTH117
        return Path(base, "poultice")
    import platformdirs

    return Path(getattr(platformdirs, f"user_{kind}_dir")("poultice", appauthor=False))


def expanded(path: str) -> str:
    """`path` with a `~` at its beginning as the user's own directory; of a device path too.

    Raises UsageError for a user that does not exist: a directory of that name is not meant.
    """
    scheme = "serial:" if path.startswith("serial:~") else ""
    found = os.path.expanduser(path.removeprefix(scheme))  # noqa: PTH111
    if found.startswith("~"):
        user = found.partition("/")[0].removeprefix("~")
        raise UsageError(
            f"{path}: there is no user {user!r} here" if user else f"{path}: whose home is unknown",
            hint=f"a directory of that name is ./{found}",
        )
    return scheme + found


def data_dir() -> Path:
    """The directory of the session record; not created here.

    `POULTICE_DATA_DIR`, else `data_dir` of the configuration file, else the user's data
    directory. Raises UsageError as `load` does.
    """
    named = os.environ.get("POULTICE_DATA_DIR") or load().get("data_dir")
    return Path(expanded(str(named))) if named else _own("data", "~/.local/share")


def load() -> dict[str, object]:
    """The configuration as it stands in the file; empty where there is none.

    A file that cannot be understood, or that POULTICE_CONFIG names and is not there, raises
    UsageError: to go on without it could drop a `sensitive = true` that somebody relies on.
    """
    path = config_path()
    try:
        if path.exists() and not path.is_file() and str(path) != os.devnull:
            raise _unusable(path, "cannot be read (it is not a file)")  # a pipe may never end
        with path.open("rb") as stream:
            data = stream.read(FILE_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        if os.environ.get("POULTICE_CONFIG"):
            raise _unusable(path, "is not there") from None
        return {}
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unusable(path, f"cannot be read ({reason})") from None
    if len(data) > FILE_MAX_BYTES:
        raise _unusable(path, f"is larger than {FILE_MAX_BYTES // 1024} KiB")
    try:
        # utf-8-sig: Windows editors put a byte order mark before the first key.
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _unusable(path, "is not text in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise _unusable(path, f"is not valid TOML: {error}") from None


def _unusable(path: Path, problem: str) -> UsageError:
    return UsageError(
        f"configuration file {path} {problem}",
        hint="mend it, move it away, or set POULTICE_CONFIG to another file (or to none)",
    )
