"""Where runs are simulated: processes of this machine, or a Dask cluster."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from urllib.parse import urlsplit

from poultice import __version__
from poultice.errors import UsageError

_CLUSTER_TIMEOUT_S = 10


@contextmanager
def processes(jobs: int) -> Iterator[Executor | None]:
    """That many processes; None, for the caller's own, where one is enough.

    They end with the block, at the latest once their present runs are done.
    """
    if jobs == 1:
        yield None
        return
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_start_worker)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    """Ctrl-C is the parent's to answer; a parent that was killed takes its workers along."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """Dask's own executor on the cluster whose scheduler is at `address`.

    Raises UsageError where the extra is missing, nothing answers there, there is no worker, or the
    workers have another poultice than this one.
    """
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(
            "--cluster needs Dask's distributed", hint="pip install 'poultice[cluster]'"
        ) from None
    try:
        _reach(address)
        asyncio.run(_greet(address))
        client = Client(address, timeout=_CLUSTER_TIMEOUT_S, set_as_default=False)
    except Exception:  # what is no scheduler may answer anything at all
        raise UsageError(
            f"no Dask cluster answers at {address}",
            hint="the scheduler's address, as `dask scheduler` prints it: tcp://HOST:8786",
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_CLUSTER_TIMEOUT_S)
        except (OSError, TimeoutError):
            raise UsageError(
                f"the Dask cluster at {address} has no worker",
                hint="`dask worker ADDRESS` in an environment with this poultice starts one",
            ) from None
        executor: Executor = client.get_executor()
        _same_version(executor)
        yield executor


def _reach(address: str) -> None:
    """Raise OSError or ValueError where nothing listens, at once: Dask goes on trying."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme not in ("tcp", "tls", "ws", "wss") or not parts.hostname or not parts.port:
        raise ValueError(address)
    socket.create_connection((parts.hostname, parts.port), _CLUSTER_TIMEOUT_S).close()


async def _greet(address: str) -> None:
    """Dask's handshake and no more: a client that fails in it has a traceback to tell of it."""
    from distributed import Security
    from distributed.comm import connect

    args = Security().get_connection_args("client")
    comm = await connect(address, timeout=_CLUSTER_TIMEOUT_S, **args)
    await comm.close()


def version() -> str:
    """Of the poultice that a worker has."""
    return __version__


def _same_version(executor: Executor) -> None:
    try:
        there = executor.submit(version).result()
    except (ImportError, AttributeError):
        there = "none, or one without campaigns"
    if there != __version__:
        raise UsageError(
            f"the workers' poultice is {there}, this one is {__version__}",
            hint="install the same version on every worker: a run's number means what it draws",
        )
