#!/usr/bin/env bash
# Home Assistant ends a `shell_command` after 60 s, and what it started goes on.
#
# Surprising: the log says "Timed out running command", the code calls `kill()` on the process, and one
# takes the program for dead. What is killed is the shell that was put around it: Debian's /bin/sh starts
# even a single command as a child of its own, which is left to init and goes on with its port, its lock
# and its files. The 60 s are a constant; no option of the integration changes them.
# Where it matters: whatever holds a device while it waits, such as a program that offers something until
# somebody presses a button. The automation goes on, tries again, and finds the port busy by its own
# command of a minute ago, whose answer nobody reads. A `timeout 40` before the command ends it in time.
# Version: homeassistant 2024.3.3 on Python 3.11, Debian 12's dash 0.5.12; 2026.11.0 on Python 3.14 did
# the same, with its 60 s waited for. (bash as /bin/sh becomes a single command, which is then killed.)
# Source: homeassistant/components/shell_command/__init__.py, COMMAND_TIMEOUT, and what follows it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet "homeassistant==2024.3.3"
cat >"$work/look.py" <<'PY'
import asyncio
import os
import signal
from pathlib import Path

from homeassistant.components import shell_command
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

work = Path(__file__).parent
print("the constant:", shell_command.COMMAND_TIMEOUT, "s")
shell_command.COMMAND_TIMEOUT = 1  # so that nobody waits for a minute

# Writes its process' number, then is busy for half a minute at most.
program = work / "program.sh"
program.write_text("#!/bin/sh\necho $$ >\"$0.pid\"\nexec sleep 30\n")
program.chmod(0o755)


async def main() -> None:
    hass = HomeAssistant(str(work))
    config = {"shell_command": {"offer": f"{program} now"}}
    await shell_command.async_setup(hass, config)
    try:
        await hass.services.async_call("shell_command", "offer", {}, blocking=True)
    except (HomeAssistantError, TimeoutError) as error:
        print("Home Assistant: timed out")
    else:
        print("Home Assistant: done")
    await asyncio.sleep(1)
    number = int(Path(f"{program}.pid").read_text())
    try:
        os.kill(number, signal.SIGTERM)
    except ProcessLookupError:
        print("its program: gone")
    else:
        print("its program: still runs")
    await hass.async_stop(force=True)


asyncio.run(main())
PY
seen=$("$work/venv/bin/python" "$work/look.py" 2>"$work/log") || { cat "$work/log"; exit 1; }
echo "$seen"
[ "$seen" = "the constant: 60 s
Home Assistant: timed out
its program: still runs" ]
