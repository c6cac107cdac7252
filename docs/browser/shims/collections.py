class deque(list):
    def __init__(self, items=(), maxlen=None):
        super().__init__(items)
        self._most = maxlen

    def append(self, one):
        super().append(one)
        if self._most is not None and len(self) > self._most:
            self.pop(0)

    def popleft(self):
        return self.pop(0)


class Counter(dict):
    def __getitem__(self, name):
        return self.get(name, 0)
