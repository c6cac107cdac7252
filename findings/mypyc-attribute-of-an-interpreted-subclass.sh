#!/usr/bin/env bash
# Code that mypyc compiled does not see a class attribute that an interpreted subclass gives another value.
#
# Surprising: `@mypyc_attr(allow_interpreted_subclasses=True)` is what makes a compiled class one to derive
# from, and an overridden *method* is then found from compiled code. An overridden *class attribute* is not:
# the value of the compiled class was laid into a slot of each instance, compiled code reads that slot, and
# interpreted code, asking the very same object, finds the subclass's. Two answers, no error. What
# `__init__` assigns goes into the slot and is seen by both.
# Where it matters: a hardware contract with defaults (`name = "board"`) of which a simulator, a test rig or
# a driver derives, once the logic above it is compiled for long runs. A device said it was another board.
# Version: mypy 2.4.1 (mypyc), setuptools 80.9.0, mypy_extensions 1.1.0; run on Python 3.11.
# Source: mypyc's "Native classes" page, Inheritance: what a subclass in interpreted code may do is told of
# methods; mypyc/irbuild/classdef.py, generate_attr_defaults_init.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet "mypy==2.4.1" "setuptools==80.9.0" "mypy_extensions==1.1.0"
cat >"$work/boards.py" <<'PY'
from mypy_extensions import mypyc_attr


@mypyc_attr(allow_interpreted_subclasses=True)
class Board:
    name = "board"

    def told(self) -> str:
        return "board"


def read(board: Board) -> str:
    return board.name


def asked(board: Board) -> str:
    return board.told()
PY
cat >"$work/look.py" <<'PY'
import boards

assert not boards.__file__.endswith(".py"), "it was not compiled"


class Rig(boards.Board):
    name = "rig"

    def told(self):
        return "rig"


class Set(boards.Board):
    def __init__(self):
        self.name = "set"


print("method, from compiled code:          ", boards.asked(Rig()))
print("class attribute, from interpreted:   ", Rig().name)
print("class attribute, from compiled code: ", boards.read(Rig()))
print("set in __init__, from compiled code: ", boards.read(Set()))
PY
(cd "$work" && "$work/venv/bin/mypyc" boards.py >"$work/log" 2>&1) || { cat "$work/log"; exit 1; }
seen=$(cd "$work" && "$work/venv/bin/python" look.py)
echo "$seen"
[ "$seen" = "method, from compiled code:           rig
class attribute, from interpreted:    rig
class attribute, from compiled code:  board
set in __init__, from compiled code:  set" ]
