"""Files by name, each replaced whole: written beside, then renamed over."""

import errno
import os

from poultice_core.board import Store

# A directory of their own is a pair of blocks of their own. Bits that flip in the newest block of
# a pair make littlefs fall back, without a word, to what the other one holds: all files of that
# directory as they were some saves ago, but not those of another.
_MARKS = ("mark",)
_APART = "/marks"
# How often a file is made and removed until the root goes on in the other block of its pair, which
# then knows of the directory too: five pages a round with this content, and 16 in a block.
_ROUNDS = 4
_FILL = b"\xff" * 500


class FlashStore(Store):
    """On the mounted file system. Whether a content is sound is for its checksum to say.

    A store without a mark makes the directory of marks first, and has the root move on to its other
    block: a fallback to the older one must not lose that directory.
    """

    def __init__(self):
        try:
            if self.load(_MARKS[0]) is None:
                _make_apart()
        except OSError:
            # Said again by every load or save that it concerns.
            pass

    def load(self, name):
        """The whole content last saved; None where there is none. Raises OSError."""
        try:
            with open(_folder(name) + name, "rb") as file:
                return file.read()
        except OSError as error:
            # An unmounted file system answers ENODEV: that is no answer.
            if error.errno == errno.ENOENT:
                return None
            raise

    def save(self, name, data):
        """Replace `name`; a power cut leaves the old content or the new. Raises OSError."""
        folder = _folder(name)
        fresh = folder + "fresh"
        try:
            with open(fresh, "wb") as file:
                file.write(data)
            os.rename(fresh, folder + name)
        except OSError:
            # A full file system must not stay full of what could not be finished.
            try:
                os.remove(fresh)
            except OSError:
                pass
            raise


def _folder(name):
    return _APART + "/" if name in _MARKS else "/"


def _make_apart():
    try:
        os.mkdir(_APART)
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise
    for _ in range(_ROUNDS):
        with open("/fresh", "wb") as file:
            file.write(_FILL)
        os.remove("/fresh")
