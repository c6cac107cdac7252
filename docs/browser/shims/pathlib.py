class Path:
    def __init__(self, name):
        self._name = name

    def with_name(self, name):
        return Path(self._name.rpartition("/")[0] + "/" + name)

    def read_text(self, encoding=None):
        with open(self._name) as file:
            return file.read()
