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
        self._name = False
        self.sound = False
        self.over = not text or max(text) > 127

    def go_on(self, pieces: int) -> bool:
        """Look at so many tokens, blanks and escapes more; is it over?"""
        text = self._text
        for _ in range(0 if self.over else pieces):
            at = self._at
            if at >= len(text):
                self.sound = self._want == _DONE and self._nest == 1
                self.over = True
                break
            if self._want == _IN_STRING:
                at = self._in_string(at)
            else:
                char = text[at]
                if char == _SPACE or char == _TAB or char == _RETURN:
                    at += 1
                else:
                    at = self._token(at, char)
            if at < 0:
                self.over = True
                break
            self._at = at
        return self.over

    def _token(self, at: int, char: int) -> int:
        """What comes next begins with `char`; where it has ended, -1 where it may not come."""
        want = self._want
        if want == _DONE:
            return at + 1 if self._after(char) else -1
        if want == _NAMED:
            self._want = _VALUE
            return at + 1 if char == _COLON else -1
        if char == _QUOTE:
            self._name = want == _KEY or want == _KEY_OR_END
            self._first = at
            self._want = _IN_STRING
            return self._in_string(at + 1)
        if (char == _OBJECT_END and want == _KEY_OR_END) or (
            char == _ARRAY_END and want == _VALUE_OR_END
        ):
            self._nest >>= 1
            self._want = _DONE
            return at + 1
        if want == _KEY or want == _KEY_OR_END:
            return -1
        if char == _OBJECT or char == _ARRAY:
            self._nest = self._nest << 1 | (char == _OBJECT)
            self._want = _KEY_OR_END if char == _OBJECT else _VALUE_OR_END
            return at + 1 if self._nest < _DEEPEST else -1
        self._want = _DONE
        return _number(self._text, at) if char <= _NINE else _word(self._text, at)

    def _after(self, char: int) -> bool:
        """A value has ended; may this follow?"""
        nest = self._nest
        if nest == 1:
            return False
        if char == _COMMA:
            self._want = _KEY if nest & 1 else _VALUE
            return True
        self._nest = nest >> 1
        return char == (_OBJECT_END if nest & 1 else _ARRAY_END)

    def _in_string(self, at: int) -> int:
        """To the string's next escape, or to its end."""
        text = self._text
        end = text.find(b'"', at)
        if end < 0:
            return -1
        back = text.find(b"\\", at, end)
        if back >= 0:
            return _escape(text, back + 1)
        self._want = _NAMED if self._name else _DONE
        return end + 1 if min(text[self._first : end]) >= _SPACE else -1


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
