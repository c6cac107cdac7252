"""What the host's texts leave to its commands, for who has a page: its own buttons, or the plain
word that it takes the command line. Only here is one said otherwise than in a terminal."""

from poultice.language import later

SAID = {
    "`poultice run {instead}` is made for this": later("“{instead}” is made for this"),
    "{first}; then `poultice clear {fault}`": later("{first}; then “Clear the fault”"),
    "see `poultice status`": later("see what stands under “Device”"),
    "does a second program read the port? Else unplug the device and plug it in again, then "
    "`poultice status`": later(
        "does a second program read the port? Else unplug the device and plug it in again, then "
        "“Connect…”"
    ),
    "the device turns its pad off by itself; check the cable, and whether a second program reads "
    "the port, then `poultice status`": later(
        "the device turns its pad off by itself; check the cable, and whether a second program "
        "reads the port, then “Connect…”"
    ),
    "the device is older: `poultice firmware flash --device {path}`": later(
        "the device is older than this page, and no session can be started from here; on the "
        "command line, `poultice firmware flash` brings it to the page's version"
    ),
    "the device is newer: `python -m pip install --upgrade poultice`": later(
        "the device is newer than this page, and no session can be started from here; reload the "
        "page, and if that does not help, use a newer one: it is part of poultice's documentation"
    ),
    "the device holds {most} until its pad is known not to fold unfelt: try it by hand "
    "(docs/tutorials/build-one.md), then `poultice config set fold_safe=true` and a hold of its "
    "button for 3 s": later(
        "the device holds {most} until its pad is known not to fold unfelt: try it by hand "
        "(docs/tutorials/build-one.md), then, on the command line, `poultice config set "
        "fold_safe=true`, and a hold of its button for 3 s"
    ),
    "the device holds {most} until its thermistor was checked: `poultice calibrate`": later(
        "the device holds {most} until its thermistor was checked: on the command line, "
        "`poultice calibrate`"
    ),
    "--fit lowers targets and times to the device's limits": later(
        "tick that targets and times are lowered to what this device allows"
    ),
    "its firmware is incomplete or not poultice's: flash it again": later(
        "its firmware is incomplete or not poultice's: flash it again, on the command line "
        "(`poultice firmware flash`)"
    ),
    "there is no fault to clear; `poultice status` shows how it is": later(
        "there is no fault to clear"
    ),
    "nothing runs: `poultice run PROTOCOL` starts a session": later(
        "nothing runs: “Start” begins a session"
    ),
    "it waits for its button to start a session; `poultice stop` takes that back": later(
        "it waits for its button to start a session; “Stop” takes that back"
    ),
    "a session is under way: `poultice watch` shows it, `poultice stop` ends it": later(
        "a session is under way: “Stop” ends it"
    ),
    "it asks nothing now; `poultice watch` shows when it does": later(
        "it asks nothing now; the page says when it does"
    ),
    "it is not paused; `poultice watch` shows it": later("it is not paused"),
    "it is paused already: `poultice resume` goes on": later(
        "it is paused already: “Go on” ends that"
    ),
    "it is paused: `poultice resume` goes on": later("it is paused: “Go on” ends that"),
    "its relays are open, it waits for a hand: `poultice confirm` goes on": later(
        "its relays are open, it waits for a hand: “Done” goes on"
    ),
    "it is not paused, it waits for a hand: `poultice confirm` goes on": later(
        "it is not paused, it waits for a hand: “Done” goes on"
    ),
    "flash the firmware again: its table of limits is damaged": later(
        "flash the firmware again, on the command line (`poultice firmware flash`): its table of "
        "limits is damaged"
    ),
    "set the configuration again: the device fell back to the careful one": later(
        "set the configuration again, on the command line (`poultice config set`): the device "
        "fell back to the careful one"
    ),
}
"""Of a text of the host's, in English, the page's."""
