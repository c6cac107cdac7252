"""Coverage-guided fuzzing with atheris: `python -m tests.fuzz --seconds 60`.

Each target runs in a process of its own, from the saved corpus, and leaves what it found in
build/fuzz. What does something new is then saved, as few and as short inputs as do it all. An input
that breaks a rule is kept in build/fuzz/TARGET/found-* and printed; the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "fuzz"


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help="codec, reader, device, host; all by default")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        _inside(options.inside, options.seconds, options.seed)
        return 0
    from tests.fuzz.targets import TARGETS

    failed = False
    for target in options.targets or TARGETS:
        found = _fuzz(target, options.seconds, options.seed)
        print(f"{target}: " + ", ".join(f"{count} {what}" for what, count in found.items()))
        failed = failed or found["found"] > 0
        (BUILD / f"{target}.json").write_text(json.dumps(found) + "\n")
    return int(failed)


def _fuzz(target: str, seconds: int, seed: int) -> dict[str, int]:
    from tests.fuzz import corpus
    from tests.fuzz.seeds import SEEDS

    grown = BUILD / target / "corpus"
    grown.mkdir(parents=True, exist_ok=True)
    saved = corpus.load(target)
    for number, data in enumerate([*SEEDS[target], *saved.values()]):
        (grown / f"from-{number}").write_bytes(data)
    for path in (BUILD / target).glob("found-*"):
        if _holds(target, path.read_bytes()):
            path.unlink()  # mended since
    began = time.monotonic()
    log = BUILD / target / "log"
    with log.open("w") as out:
        command = [sys.executable, "-m", "tests.fuzz", "--inside", target]
        command += ["--seconds", str(seconds), "--seed", str(seed)]
        subprocess.run(command, cwd=ROOT, stdout=out, stderr=out, check=False)
    text = log.read_text(errors="replace")
    broken = sorted((BUILD / target).glob("found-*"))
    for path in broken:
        print(f"{path}: {path.read_bytes()!r}", file=sys.stderr)
    runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", text)
    edges = re.findall(r"cov: (\d+)", text)
    if runs is None:
        print(f"{log} says why {target} stopped", file=sys.stderr)
    inputs = [path.read_bytes() for path in grown.iterdir()]
    kept, total = corpus.smallest(target, [data for data in inputs if _holds(target, data)])
    corpus.save(target, kept)
    return {
        "executions": int(runs.group(1)) if runs else 0,
        "edges": int(edges[-1]) if edges else 0,
        "inputs grown": len(inputs),
        "inputs saved": len(kept),
        "branches and words": total,
        "seconds": round(time.monotonic() - began),
        "found": len(broken) + (runs is None),
    }


def _holds(target: str, data: bytes) -> bool:
    from tests.fuzz.targets import TARGETS

    try:
        TARGETS[target](data)
    except Exception:  # whatever escapes is a find, and is kept as one
        return False
    return True


def _inside(target: str, seconds: int, seed: int) -> None:
    import atheris

    for path in ("host", "firmware/core"):
        sys.path.insert(0, str(ROOT / path))
    with atheris.instrument_imports(include=["poultice_core", "poultice"]):
        from tests.fuzz.mutate import MUTATORS
        from tests.fuzz.targets import TARGETS

    run, mutate = TARGETS[target], MUTATORS[target]

    def one(data: bytes) -> None:
        run(data)

    def changed(data: bytes, size_max: int, seed: int) -> bytes:
        dice = random.Random(seed)
        for _ in range(dice.choice([1, 1, 1, 2, 4])):
            data = mutate(data, dice, atheris.Mutate)
        return data[:size_max]

    flags = [f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=8192", "-timeout=30"]
    flags += ["-print_final_stats=1", f"-artifact_prefix={BUILD / target}/found-"]
    flags += ["-rss_limit_mb=2048", str(BUILD / target / "corpus")]
    atheris.Setup([sys.argv[0], *flags], one, custom_mutator=changed)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
