"""Is a line JSON at all? MicroPython's reader takes what is none: a missing comma or colon, a
closing bracket of the other kind. So its shape is checked first, by the same few lines on every
interpreter, and in pieces: what a line is full of, between two ticks no more of it is looked at
than there is time for.
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
_POINT = 46
_MORE = b".eE"

_DEEPEST = 1 << 12
_LONGEST_NUMBER = 40

# What may come next.
_VALUE = 0
_VALUE_OR_END = 1
_KEY = 2
_KEY_OR_END = 3
_NAMED = 4
_DONE = 5
_IN_STRING = 6
_IN_NAME = 7


class Shape:
    """`sound`, once it is `over`: is the text one JSON value in ASCII, nested less than twelve
    deep, its numbers of at most 40 characters, with nothing but blanks, tabs and carriage returns
    around its tokens?"""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._at = 0
        self._nest = 1  # a bit a level: 1 an object, 0 an array; the first one marks the end
        self._want = _VALUE
        self._first = 0
        self._end = 0
        self._closed = False
        self.sound = False
        self.over = not text or max(text) > 127

    def go_on(self, pieces: int) -> bool:
        """Look at so many tokens, blanks and escapes more; is it over?"""
        text = self._text
        at = self._at
        nest = self._nest
        want = self._want
        for _ in range(0 if self.over else pieces):
            if at >= len(text):
                self.sound = want == _DONE and nest == 1
                at = -1
                break
            char = text[at]
            if want >= _IN_STRING:
                at = self._in_string(at)
                if self._closed:
                    want = _NAMED if want == _IN_NAME else _DONE
            elif char == _SPACE or char == _TAB or char == _RETURN:
                at += 1
            elif want == _DONE:
                want = _after(char, nest)
                if want == _DONE:
                    nest >>= 1
                at = at + 1 if want >= 0 else -1
            elif want == _NAMED:
                want = _VALUE
                at = at + 1 if char == _COLON else -1
            elif char == _QUOTE:
                want = _IN_NAME if want == _KEY or want == _KEY_OR_END else _IN_STRING
                self._first = at
                at += 1
                self._end = text.find(b'"', at)
            elif (char == _OBJECT_END and want == _KEY_OR_END) or (
                char == _ARRAY_END and want == _VALUE_OR_END
            ):
                nest >>= 1
                want = _DONE
                at += 1
            elif want == _KEY or want == _KEY_OR_END:
                at = -1
            elif char == _OBJECT or char == _ARRAY:
                nest = nest << 1 | (char == _OBJECT)
                want = _KEY_OR_END if char == _OBJECT else _VALUE_OR_END
                at = at + 1 if nest < _DEEPEST else -1
            else:
                want = _DONE
                at = _number(text, at) if char <= _NINE else _word(text, at)
            if at < 0:
                break
        self._at = at
        self._nest = nest
        self._want = want
        self.over = self.over or at < 0
        return self.over

    def _in_string(self, at: int) -> int:
        """Behind the string's next escape, or behind the quote that ends it: then it is closed."""
        text = self._text
        end = self._end
        if end < at:
            end = self._end = text.find(b'"', at)
        if end < 0:
            return -1
        back = text.find(b"\\", at, end)
        self._closed = back < 0
        if back >= 0:
            return _escape(text, back + 1)
        return end + 1 if min(text[self._first : end]) >= _SPACE else -1


def _after(char: int, nest: int) -> int:
    """What a value may be followed by: what comes next, _DONE where it ends its container, -1."""
    if nest == 1:
        return -1
    if char == _COMMA:
        return _KEY if nest & 1 else _VALUE
    return _DONE if char == (_OBJECT_END if nest & 1 else _ARRAY_END) else -1


def _escape(text: bytes, at: int) -> int:
    """Where the escape whose letter is at `at` has ended; -1 where it is none."""
    if at >= len(text) or _ESCAPED.find(text[at : at + 1]) < 0:
        return -1
    if text[at] != _LETTER_U:
        return at + 1
    digits = text[at + 1 : at + 5]
    for i in range(len(digits)):
        if _HEX.find(digits[i : i + 1]) < 0:
            return -1
    return at + 5 if len(digits) == 4 else -1


def _word(text: bytes, at: int) -> int:
    """Where the word that begins here has ended; -1 where it is none of the three."""
    for word in (b"true", b"false", b"null"):
        if text[at : at + len(word)] == word:
            return at + len(word)
    return -1


def _number(text: bytes, at: int) -> int:
    """Where the number that begins here has ended; -1 where it is none."""
    first = at
    if text[at] == _MINUS:
        at += 1
    at = at + 1 if text[at : at + 1] == b"0" else _digits(text, at)
    if at < 0 or at >= len(text) or text[at] not in _MORE:
        return at if at - first <= _LONGEST_NUMBER else -1
    if text[at] == _POINT:
        at = _digits(text, at + 1)
    if at >= 0 and text[at : at + 1] in (b"e", b"E"):
        at += 1
        if text[at : at + 1] in (b"+", b"-"):
            at += 1
        at = _digits(text, at)
    return at if at - first <= _LONGEST_NUMBER else -1


def _digits(text: bytes, at: int) -> int:
    """Where the digits, one at least, have ended; -1 where there is none, or far too many."""
    first = at
    last = min(len(text), first + _LONGEST_NUMBER + 1)
    while at < last and _ZERO <= text[at] <= _NINE:
        at += 1
    return at if first < at <= first + _LONGEST_NUMBER else -1
