"""Spread runs over an executor, any with the interface of `concurrent.futures`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from poultice.campaign.trial import Row, run, run_all
from poultice.errors import PoulticeError

# Some 0.3 s of work: enough to make handing it over cheap, little to wait for on Ctrl-C.
_AT_A_TIME = 2
_AHEAD = 256


def rows_of(numbers: Sequence[int], executor: Executor | None = None) -> Iterator[Row]:
    """The rows of these runs as they come, in no order; in this process without an executor.

    Left early, what has not begun is called off. Raises PoulticeError where the workers die.
    """
    if executor is None:
        yield from map(run, numbers)
        return
    starts = range(0, len(numbers), _AT_A_TIME)
    parts = (list(numbers[start : start + _AT_A_TIME]) for start in starts)
    pending: set[Future[list[Row]]] = set()
    try:
        while True:
            for part in islice(parts, _AHEAD - len(pending)):
                pending.add(executor.submit(run_all, part))
            if not pending:
                return
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in finished:
                yield from future.result()
    except (BrokenProcessPool, CancelledError):
        raise PoulticeError(
            "a worker ended before its runs did",
            hint="short of memory, or killed? Fewer --jobs, then the same command again",
        ) from None
    finally:
        for future in pending:
            future.cancel()
