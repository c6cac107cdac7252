"""Many simulated devices, each on a pseudo-terminal of its own: `python -m tests.host.many N
OPTIONS` prints their paths, a line each, and serves them until its input ends."""

from __future__ import annotations

import sys
import threading

from poultice.virtual.options import parse_options
from poultice.virtual.pty_server import PtyServer
from poultice.virtual.virtual_device import VirtualDevice


def main(count: int, options: str) -> None:
    servers = [PtyServer(VirtualDevice(parse_options(f"{options}&seed={n}"))) for n in range(count)]
    over = threading.Event()
    threads = [threading.Thread(target=one.serve, args=(over.is_set,)) for one in servers]
    for one in threads:
        one.start()
    print(*(one.path for one in servers), sep="\n", flush=True)
    sys.stdin.read()
    over.set()
    for one in threads:
        one.join()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
