from math import cos, log, pi, sqrt


class Random:
    def __init__(self, seed):
        self._x = 1
        for byte in str(seed).encode():
            self._x = (self._x * 257 + byte) & 0x7FFFFFFF or 1

    def getrandbits(self, bits):
        self._x = (self._x * 48271) % 0x7FFFFFFF
        return self._x & ((1 << bits) - 1)

    def gauss(self, mean, deviation):
        one = (self.getrandbits(24) + 1) / 16777217
        other = self.getrandbits(24) / 16777216
        return mean + deviation * sqrt(-2 * log(one)) * cos(2 * pi * other)
