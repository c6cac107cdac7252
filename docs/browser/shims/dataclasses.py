dataclass = field = None  # the build writes them out


def replace(one, **changes):
    return type(one)(**(one.__dict__ | changes))
