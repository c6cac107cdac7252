"""What the build makes of the sources, seen on the chip: machine code, and how deep it goes."""

from __future__ import annotations

import ast
import json
import sys

from tests.emulator.link import HEAT, REST, Link
from tests.emulator.measure import Prompt
from tests.firmware.sources import FIRMWARE

sys.path.insert(0, str(FIRMWARE))
import fold

NATIVELY = "micropython.native"

# `checksum` of the limits is bytecode: its type is what none of these may have.
_LOOK = b"""
import sys,time,poultice_pico.application
from poultice_core.limits import checksum
of=[]
for m,*names in %s:
 one=sys.modules[m]
 for name in names:one=getattr(one,name)
 of.append("function" if type(one) is type(checksum) else str(one)[:9])
print("\\nREADY");time.sleep_ms(200);print('\\n{"kinds":%%s}'%%str(of).replace("'",'"'))
"""

_STACK_BOTTOM, _STACK_TOP = 0x2004_0000, 0x2004_2000
_PAINT = 0x5AFE_5AFE
# MicroPython raises where less than 256 is left, which is a fault of the device: as much again as
# four calls take.
_LEFT_BYTES = 256 + 1024


def _one_of_each() -> list[list[str]]:
    """Of every module that is to be machine code its first function, as a path."""
    modules = fold.folded(fold.device_sources())
    fold.emit_natively(modules)
    found = []
    for name in sorted(fold.NATIVE):
        for outer in modules[name].tree.body:
            inside = outer.body if isinstance(outer, ast.ClassDef) else [outer]
            path = [outer.name] if isinstance(outer, ast.ClassDef) else []
            for node in inside:
                if isinstance(node, ast.FunctionDef) and _decorators(node) == [NATIVELY]:
                    found.append([name, *path, node.name])
    return [next(path for path in found if path[0] == name) for name in sorted(fold.NATIVE)]


def _decorators(node: ast.FunctionDef) -> list[str]:
    return [ast.unparse(one) for one in node.decorator_list]


def test_what_is_to_be_machine_code_is_it_in_the_image() -> None:
    asked = _one_of_each()
    prompt = Prompt()
    prompt.run(_LOOK % json.dumps(asked).encode())
    kinds = prompt.told("kinds", 2.0)["kinds"]
    assert kinds == ["<function"] * len(asked)


def test_the_stack_is_deep_enough_for_all_that_is_called() -> None:
    """Frames lie on it, of machine code and of bytecode: a session and every kind of request."""
    link = Link("user=absent")
    link.boot()
    mcu = link.device.chip.mcu
    assert _STACK_BOTTOM < mcu.core.sp < _STACK_TOP
    for address in range(_STACK_BOTTOM, mcu.core.sp - 64 & ~3, 4):
        mcu.write_uint32(address, _PAINT)

    link.call("hello")
    link.call("self_test")
    phases = [REST if index % 2 else HEAT for index in range(16)]
    link.heat(*phases)
    link.wait(3.0)
    for method in ("status", "get_config", "ping"):
        link.call(method)
    link.call("journal", after=0, limit=10)
    link.call("pause")
    link.call("resume")
    link.device.board.estop_open = True
    link.wait(1.0)
    link.call("journal", after=0, limit=10)
    link.send({"jsonrpc": "2.0", "id": 9, "method": "x" * 300, "params": {"a": [[[[1]]]]}})
    link.wait(1.0)

    untouched = _STACK_BOTTOM
    while mcu.read_uint32(untouched) == _PAINT:
        untouched += 4
    left_bytes = untouched - _STACK_BOTTOM
    print(f"{_STACK_TOP - untouched} bytes of stack used, {left_bytes} left")
    assert left_bytes >= _LEFT_BYTES
