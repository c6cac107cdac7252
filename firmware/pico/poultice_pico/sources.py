"""Which sources of the device's logic lie in this board's own file system: a build tells it of
what it freezes, and of files that were copied, and may have been edited since, nobody does."""

import os
from binascii import hexlify
from hashlib import sha256

_DIRECTORY = 0x4000
_AT_ONCE = 1024


def fingerprint(root):
    """The first 16 hex digits of a SHA-256 over every `.py` below `root`, as the host works it out
    over its own: by path (relative, `/`), each as path, NUL, content, NUL."""
    digest = sha256()
    for name in sorted(_below(root, "")):
        digest.update(name.encode() + b"\0")
        with open(root + "/" + name, "rb") as file:
            while True:
                piece = file.read(_AT_ONCE)
                if not piece:
                    break
                digest.update(piece)
        digest.update(b"\0")
    return hexlify(digest.digest()).decode()[:16]


def _below(root, prefix):
    found = []
    for name in os.listdir(root + "/" + prefix if prefix else root):
        path = prefix + name
        if os.stat(root + "/" + path)[0] & _DIRECTORY:
            found += _below(root, path + "/")
        elif name.endswith(".py"):
            found.append(path)
    return found
