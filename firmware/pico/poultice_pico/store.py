"""Files by name, each replaced whole: written beside, then renamed over."""

import errno
import os

from poultice_core.board import Store

_FRESH = "/fresh"


class FlashStore(Store):
    """At the root of the file system. Whether a content is sound is for its checksum to say."""

    def load(self, name):
        """The whole content last saved; None where there is none. Raises OSError."""
        try:
            with open("/" + name, "rb") as file:
                return file.read()
        except OSError as error:
            # An unmounted file system answers ENODEV: that is no answer.
            if error.errno == errno.ENOENT:
                return None
            raise

    def save(self, name, data):
        """Replace `name`; a power cut leaves the old content or the new. Raises OSError."""
        try:
            with open(_FRESH, "wb") as file:
                file.write(data)
            os.rename(_FRESH, "/" + name)
        except OSError:
            # A full file system must not stay full of what could not be finished.
            try:
                os.remove(_FRESH)
            except OSError:
                pass
            raise
