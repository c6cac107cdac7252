"""The file system on the chip's flash: mounted as it is, made anew only where flash is erased
(SR-05).

A file system that does not mount is evidence, not an empty device: it may have held what rest
and totals need. It is left alone, and the application starts into `journal_lost`.
"""

import rp2
import vfs

_BLOCK_COUNT = 4
_PAGE = 256


def mount():
    """Mount at "/". Raises OSError where there is something on the flash that does not mount."""
    flash = rp2.Flash()
    try:
        _mount(flash)
    except OSError:
        if not _erased(flash):
            raise
        vfs.VfsLfs2.mkfs(flash, progsize=_PAGE)
        _mount(flash)


def erase():
    """Give up everything on the flash: from the prompt, by hand. The device is as new after it."""
    flash = rp2.Flash()
    try:
        vfs.umount("/")
    except OSError:
        pass
    vfs.VfsLfs2.mkfs(flash, progsize=_PAGE)
    _mount(flash)


def _mount(flash):
    vfs.mount(vfs.VfsLfs2(flash, progsize=_PAGE), "/")


def _erased(flash):
    # Whatever is written into a block is written from its first page on.
    page = bytearray(_PAGE)
    blank = b"\xff" * _PAGE
    for number in range(flash.ioctl(_BLOCK_COUNT, 0)):
        flash.readblocks(number, page, 0)
        if page != blank:
            return False
    return True
