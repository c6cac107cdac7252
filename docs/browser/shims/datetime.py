import time

# Seconds that the reader's clock is before UTC: the page tells it.
ahead_s = 0
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class datetime:
    def __init__(self, parts):
        self._parts = parts

    @classmethod
    def fromtimestamp(cls, unix_s):
        return cls(time.gmtime(int(unix_s) + ahead_s))

    def date(self):
        return self._parts[:3]

    def strftime(self, form):
        year, month, day, hour, minute = self._parts[:5]
        told = {"a": _DAYS[self._parts[6]], "H": "%02d" % hour, "M": "%02d" % minute}
        told.update({"Y": str(year), "m": "%02d" % month, "d": "%02d" % day})
        for letter, text in told.items():
            form = form.replace("%" + letter, text)
        return form
