"""On MicroPython: its own littlefs and the firmware's store, cut at every write of every save.

Run as a program: the path of the folder of `poultice_pico`, then one JSON list a line on standard
input, [name, text], what a device saved, in its order. Prints [saves, cuts, old, new] and raises
where a cut left neither the old content nor the new.
"""

import json
import sys

import vfs

BLOCK_BYTES = 4096
BLOCKS = 24
TEARS = ("before", "half", "bits", "after")


class Chip:
    """A block device as the `rp2` port's `Flash`, that loses its power in the n-th write."""

    def __init__(self, content):  # type: ignore[no-untyped-def]
        self.content = content
        self.writes = 0
        self.cut_at = 0
        self.tear = ""
        self.dead = False

    def readblocks(self, block, buffer, offset=0):  # type: ignore[no-untyped-def]
        start = block * BLOCK_BYTES + offset
        buffer[:] = self.content[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):  # type: ignore[no-untyped-def]
        return self._put(block * BLOCK_BYTES + offset, bytes(buffer))

    def ioctl(self, request, argument):  # type: ignore[no-untyped-def]
        if request == 4:
            return BLOCKS
        if request == 5:
            return BLOCK_BYTES
        if request == 6:
            return self._put(argument * BLOCK_BYTES, b"\xff" * BLOCK_BYTES)
        return 0

    def _put(self, start, wanted):  # type: ignore[no-untyped-def]
        if self.dead:
            return -5
        self.writes += 1
        end = start + len(wanted)
        if self.writes == self.cut_at:
            self.dead = True
            old = bytes(self.content[start:end])
            if self.tear == "half":
                wanted = wanted[: len(old) // 2] + old[len(old) // 2 :]
            elif self.tear == "bits":
                mask = [(self.writes * 75 + at * 197) & 255 for at in range(len(old))]
                wanted = bytes([m & w | ~m & 255 & o for m, w, o in zip(mask, wanted, old)])  # noqa: B905
            elif self.tear == "before":
                wanted = old
        self.content[start:end] = wanted
        return -5 if self.dead else 0


def mounted(chip):  # type: ignore[no-untyped-def]
    """The chip's files at "/", as on the device."""
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(chip, progsize=256), "/")


def cut(store, content, name, data, cut_at, tear):  # type: ignore[no-untyped-def]
    """The flash after the cut, None where the save went through."""
    chip = Chip(bytearray(content))
    mounted(chip)
    chip.writes = 0
    chip.cut_at = cut_at
    chip.tear = tear
    try:
        store.save(name, data)
    except OSError:
        if not chip.dead:
            raise
    return chip.content if chip.dead else None


def main():  # type: ignore[no-untyped-def]
    """See the module."""
    sys.path.insert(0, sys.argv[1])
    from poultice_pico.store import FlashStore

    saves = [json.loads(line) for line in sys.stdin]
    content = bytearray(b"\xff" * (BLOCKS * BLOCK_BYTES))
    vfs.VfsLfs2.mkfs(Chip(content), progsize=256)
    # Not before: it makes a directory, and "/" is this computer's own until then.
    mounted(Chip(content))
    store = FlashStore()
    files = {}
    counts = {"old": 0, "new": 0}
    for name, text in saves:
        data = text.encode()
        for tear in TEARS:
            cut_at = 1
            while True:
                left = cut(store, content, name, data, cut_at, tear)
                if left is None:
                    break
                mounted(Chip(left))
                for other in files:
                    if other != name and store.load(other) != files[other]:
                        raise ValueError(other + ", which was not written")
                found = store.load(name)
                if found != data and found != files.get(name):
                    raise ValueError("neither the old content nor the new: " + name)
                counts["new" if found == data else "old"] += 1
                cut_at += 1
        chip = Chip(content)
        mounted(chip)
        store.save(name, data)
        files[name] = data
    print(json.dumps([len(saves), counts["old"] + counts["new"], counts["old"], counts["new"]]))


if __name__ == "__main__":
    main()
