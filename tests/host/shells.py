"""A real bash, zsh or fish on a terminal, and what stands on its command line after some keys."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

SHELLS = {
    "bash": ("--norc", "--noprofile", "-i"),
    "zsh": ("-f", "-i"),
    "fish": ("--no-config", "--interactive"),
}
# Into a pipe of ours goes each prompt, and with Ctrl-G the line as it is being edited.
_SET_UP = {
    "bash": """\
PS1='> '
PROMPT_COMMAND='echo prompt >$LINE'
bind 'set bell-style none'
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind -x '"\\C-g": printf "%s\\n" "$READLINE_LINE" >"$LINE"'
source <(poultice completion bash)
""",
    "zsh": """\
unsetopt beep prompt_sp
autoload -Uz compinit && compinit -u -D
tell() { print -r -- "$BUFFER" >$LINE }
zle -N tell
bindkey '^G' tell
source <(poultice completion zsh)
PS1='> '
precmd() { print prompt >$LINE }
""",
    "fish": """\
function fish_prompt; echo -n '> '; end
function prompted --on-event fish_prompt; echo prompt >$LINE; end
function fish_greeting; end
bind \\cg 'commandline >$LINE'
poultice completion fish | source
""",
}
PROGRAM = """\
#!{python}
import sys
sys.path[:0] = {path!r}
from poultice.device import discovery
ports = {{"/dev/ttyACM0": "E66038B713", "/dev/ttyACM1": "E66A"}}
discovery.candidates = lambda: [discovery.Port(path, usb, "") for path, usb in ports.items()]
from poultice.cli import main
sys.exit(main())
"""
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class Shell:
    """The shell of that name, at home in `home`, with `poultice` and its completion."""

    def __init__(self, name: str, home: Path, **environment: str) -> None:
        program = shutil.which(name)
        assert program is not None, f"no {name} here"
        (home / "bin").mkdir(exist_ok=True)
        poultice = home / "bin" / "poultice"
        path = [one for one in sys.path if one]
        poultice.write_text(PROGRAM.format(python=sys.executable, path=path))
        poultice.chmod(0o755)
        pipe = home / ".line"
        os.mkfifo(pipe)
        # Ours to write, too: so that no reading ever ends because the shell closed it.
        self._line = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        self._ours, theirs = pty.openpty()
        self.shown = b""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("COMP_")}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, program, *SHELLS[name]],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=home,
            start_new_session=True,
            env={
                **kept,
                "HOME": str(home),
                "XDG_CONFIG_HOME": str(home / ".config"),
                "XDG_DATA_HOME": str(home / ".data"),
                "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "LINE": str(pipe),
                "TERM": "xterm",
                "INPUTRC": os.devnull,
                **environment,
            },
        )
        os.close(theirs)
        set_up = home / ".set-up"
        set_up.write_text(_SET_UP[name])
        self._type(f"source {set_up}\n")
        self._told("prompt")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)
        os.close(self._line)

    def after(self, keys: str) -> str:
        """The command line once `keys` are typed into an empty one; it is emptied again."""
        self._type(keys + "\x07")
        line = self._told()
        self._type("\x05\x15")  # to its end, and all before it away
        return line

    def ran(self, keys: str) -> str:
        """What is shown between Enter and the next prompt."""
        before = len(self.shown)
        self._type(keys + "\n")
        self._told("prompt")
        while select.select([self._ours], [], [], 0)[0]:
            self._take()
        return self.shown[before:].decode("utf-8", "replace")

    def _type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def _told(self, what: str = "", timeout_s: float = 60) -> str:
        """The next line from the pipe: `what`, or any that is no prompt."""
        while True:
            told = self._line_told(timeout_s)
            if told == what or (not what and told != "prompt"):
                return told

    def _line_told(self, timeout_s: float) -> str:
        told = b""
        deadline_s = time.monotonic() + timeout_s
        while not told.endswith(b"\n"):
            left_s = deadline_s - time.monotonic()
            assert left_s > 0, f"nothing told; shown:\n{self.shown.decode('utf-8', 'replace')}"
            ready, _, _ = select.select([self._line, self._ours], [], [], left_s)
            if self._ours in ready:
                self._take()
            if self._line in ready:
                told += os.read(self._line, 1)
        return told.decode().rstrip("\n")

    def _take(self) -> None:
        with contextlib.suppress(OSError):
            self.shown += os.read(self._ours, 65_536)
