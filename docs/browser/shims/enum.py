class IntEnum:
    pass
