def lru_cache(maxsize=None):
    return lambda function: function


def cache(function):
    told = []

    def once():
        if not told:
            told.append(function())
        return told[0]

    return once


def partial(function, *given):
    return lambda *more: function(*given, *more)
