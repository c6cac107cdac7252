"""Is a line JSON at all? MicroPython's reader takes what is none: a missing comma or colon, a
closing bracket of the other kind. So its shape is checked first, by the same few lines on every
interpreter, and in bounded time: a token is looked at once, a string is skipped whole.
"""

_TAB = 9
_RETURN = 13
_SPACE = 32
_QUOTE = 34
_COMMA = 44
_MINUS = 45
_ZERO = 48
_NINE = 57
_COLON = 58
_ARRAY = 91
_ARRAY_END = 93
_OBJECT = 123
_OBJECT_END = 125
_LETTER_U = 117
_ESCAPED = b'"\\/bfnrtu'
_HEX = b"0123456789abcdefABCDEF"

_DEEPEST = 1 << 12
_LONGEST_NUMBER = 40

# What may come next.
_VALUE = 0
_VALUE_OR_END = 1
_KEY = 2
_KEY_OR_END = 3
_NAMED = 4
_DONE = 5


def sound(text: bytes) -> bool:
    """True for one JSON value in ASCII, nested less than twelve deep, its numbers of at most 40
    characters, with nothing but blanks, tabs and carriage returns around its tokens."""
    if not text or max(text) > 127:
        return False
    low = min(text) < _SPACE
    at = 0
    nest = 1  # a bit a level: 1 an object, 0 an array; the first one marks the end
    want = _VALUE
    while at < len(text):
        char = text[at]
        if char == _SPACE or char == _TAB or char == _RETURN:
            at += 1
        elif want == _DONE:
            want = _after(char, nest)
            if want < 0:
                return False
            if want == _DONE:
                nest >>= 1
            at += 1
        elif want == _NAMED:
            if char != _COLON:
                return False
            want = _VALUE
            at += 1
        elif char == _QUOTE:
            at = _string(text, at, low)
            if at < 0:
                return False
            want = _NAMED if want == _KEY or want == _KEY_OR_END else _DONE
        elif (char == _OBJECT_END and want == _KEY_OR_END) or (
            char == _ARRAY_END and want == _VALUE_OR_END
        ):
            nest >>= 1
            want = _DONE
            at += 1
        elif want == _KEY or want == _KEY_OR_END:
            return False
        elif char == _OBJECT or char == _ARRAY:
            nest = nest << 1 | (char == _OBJECT)
            if nest >= _DEEPEST:
                return False
            want = _KEY_OR_END if char == _OBJECT else _VALUE_OR_END
            at += 1
        else:
            at = _scalar(text, at)
            if at < 0:
                return False
            want = _DONE
    return want == _DONE and nest == 1


def _after(char: int, nest: int) -> int:
    """What a value may be followed by: what comes next, _DONE where it ends its container, -1."""
    if nest == 1:
        return -1
    if char == _COMMA:
        return _KEY if nest & 1 else _VALUE
    return _DONE if char == (_OBJECT_END if nest & 1 else _ARRAY_END) else -1


def _string(text: bytes, at: int, low: bool) -> int:
    """Where the string that begins at a quote has ended; -1 where it is none."""
    first = at
    end = text.find(b'"', at + 1)
    while end >= 0:
        back = text.find(b"\\", at + 1, end)
        if back < 0:
            break
        at = back + 1
        if _ESCAPED.find(text[at : at + 1]) < 0:
            return -1
        if text[at] == _LETTER_U:
            for _ in range(4):
                at += 1
                if at >= len(text) or _HEX.find(text[at : at + 1]) < 0:
                    return -1
        if at >= end:
            end = text.find(b'"', at + 1)
    if end >= 0 and low:
        for i in range(first, end):
            if text[i] < _SPACE:
                return -1
    return end + 1 if end >= 0 else -1


def _scalar(text: bytes, at: int) -> int:
    """Where the word or number that begins here has ended; -1 where it is neither."""
    for word in (b"true", b"false", b"null"):
        if text[at : at + len(word)] == word:
            return at + len(word)
    first = at
    if text[at] == _MINUS:
        at += 1
    if text[at : at + 1] == b"0":
        at += 1
    else:
        at = _digits(text, at)
    if at >= 0 and text[at : at + 1] == b".":
        at = _digits(text, at + 1)
    if at >= 0 and text[at : at + 1] in (b"e", b"E"):
        at += 1
        if text[at : at + 1] in (b"+", b"-"):
            at += 1
        at = _digits(text, at)
    return at if at - first <= _LONGEST_NUMBER else -1


def _digits(text: bytes, at: int) -> int:
    """Where the digits, one at least, have ended; -1 where there is none."""
    first = at
    while at < len(text) and _ZERO <= text[at] <= _NINE:
        at += 1
    return at if at > first else -1
