"""Line codec: JSON-RPC 2.0 with a checksum, one message a line. No I/O.

A line is the JSON, `*`, eight lower-case hex digits of its CRC-32, and a line feed: at most
2048 bytes in all. Nothing here raises on what a host sends.
"""

import json
from binascii import crc32

from .grammar import Shape

MAX_LINE = 2048

# Tokens and escapes of a line that are looked at in one piece of work.
_PIECES = 40

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602

WRONG_STATE = 1
LIMIT_EXCEEDED = 2
FAULT_ACTIVE = 3
REST_REQUIRED = 4
BAD_TOKEN = 5
BUSY = 6
NOT_READY = 7

_MOST = (1 << 53) - 1

_WORDS = (
    "",
    "wrong_state",
    "limit_exceeded",
    "fault_active",
    "rest_required",
    "bad_token",
    "busy",
    "not_ready",
)


class Refusal(Exception):
    """An answer that is an error: its code of the link contract and its data."""

    def __init__(self, code: int, data: dict[str, object]) -> None:
        super().__init__(code)
        self.code = code
        self.data = data


# An id of 32 characters, each of which may be escaped as a pair of six.
_LONGEST_ID = 32
ID_ROOM = 12 * _LONGEST_ID


def invalid(param: str, expected: str) -> Refusal:
    """-32602 with the parameter and what was expected."""
    return Refusal(INVALID_PARAMS, {"param": param, "expected": expected})


def whole(value: object) -> int | None:
    """The value where it is a whole number and no boolean, else None.

    Kept within 2^53, which every reader of JSON can hold: refusals echo what was asked.
    """
    # bool first: where it is a kind of int, the test for int would take it.
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return max(-_MOST, min(value, _MOST))


def seal(text: bytes) -> bytes:
    """The bytes with their checksum, without a line end."""
    return text + b"*%08x" % (crc32(text) & 0xFFFFFFFF)


def unseal(line: bytes) -> bytes | None:
    """The bytes before a right checksum; None where it is wrong or missing."""
    if len(line) < 9 or line[-9:-8] != b"*":
        return None
    text = line[:-9]
    return text if seal(text) == line else None


def encode(message: dict[str, object]) -> bytes:
    """A message as a line, checksum and line feed included."""
    return seal(_ascii(json.dumps(message, separators=(",", ":")))) + b"\n"


def _ascii(text: str) -> bytes:
    data = text.encode()
    if len(data) == len(text):
        return data
    return "".join([c if ord(c) < 128 else _escape(ord(c)) for c in text]).encode()


def _escape(code: int) -> str:
    if code < 0x10000:
        return "\\u%04x" % code
    code -= 0x10000
    return "\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))


def answer(request_id: object, result: object) -> bytes:
    """The line that answers a request. Results are ASCII."""
    return answer_with(request_id, json.dumps(result, separators=(",", ":")).encode())


def answer_with(request_id: object, body: bytes) -> bytes:
    """The same, where the result is JSON already."""
    return _reply(request_id, b"result", body)


def _reply(request_id: object, member: bytes, body: bytes) -> bytes:
    # The id alone is walked character by character: of a whole line that would take a tick's time.
    head = b'{"jsonrpc":"2.0","id":' + _ascii(json.dumps(request_id))
    return seal(head + b',"' + member + b'":' + body + b"}") + b"\n"


def error(request_id: object, refusal: Refusal) -> bytes:
    """The line that refuses a request."""
    code = refusal.code
    if code > 0:
        word = _WORDS[code]
    elif code == METHOD_NOT_FOUND:
        word = "Method not found"
    elif code == INVALID_PARAMS:
        word = "Invalid params"
    elif code == PARSE_ERROR:
        word = "Parse error"
    else:
        word = "Invalid Request"
    body = {"code": code, "message": word, "data": refusal.data}
    return _reply(request_id, b"error", _ascii(json.dumps(body, separators=(",", ":"))))


def notification(method: str, params: dict[str, object]) -> bytes:
    """The line of an event or of telemetry."""
    return encode({"jsonrpc": "2.0", "method": method, "params": params})


class Request:
    """One line read: `code` is 0 for a valid request, else the error that answers it.

    `request_id` is None where none could be read; then nothing is answered.
    """

    def __init__(self) -> None:
        self.code = 0
        self.request_id: object = None
        self.method = ""
        self.params: object = None


class Parser:
    """Reads a line without its line end, in pieces; `request`, once it is `over`. Never raises."""

    def __init__(self, line: bytes) -> None:
        self.over = False
        self.request = Request()
        text = unseal(line)
        self._sealed = text is not None
        # Of a line that was spoilt on its way the id may still be readable.
        self._text = _before_checksum(line) if text is None else text
        self._shape = Shape(self._text)

    def go_on(self) -> None:
        """One piece more, of some 10 ms on the chip."""
        self.over = self._shape.go_on(_PIECES)
        if not self.over:
            return
        message = _load(self._text) if self._shape.sound else _BAD
        request = self.request
        if isinstance(message, dict):
            request.request_id = _readable_id(message.get("id"))
        if not self._sealed or message is _BAD:
            request.code = PARSE_ERROR
        elif not _shaped(message) or request.request_id is None:
            request.code = INVALID_REQUEST
        else:
            request.method = message["method"]  # type: ignore[index]
            request.params = message.get("params")  # type: ignore[attr-defined]


_BAD = object()


def _load(text: bytes) -> object:
    try:
        return json.loads(text.decode())
    except Exception:  # whatever a parser raises on what it does not like: memory, numbers
        return _BAD


def _before_checksum(line: bytes) -> bytes:
    """What stands before a checksum that is wrong, or the line where there is none."""
    star = line.rfind(b"*")
    return line[:star] if star > line.rfind(b"}") else line


def _readable_id(value: object) -> object:
    if isinstance(value, str):
        short = len(value) <= 2 * _LONGEST_ID and _characters(value) <= _LONGEST_ID
        return value if short else None
    number = whole(value)
    return number if number is not None and 0 <= number <= 0x7FFFFFFF else None


def _characters(text: str) -> int:
    """How many; a character beyond the basic plane is one, also where its halves are kept."""
    count = 0
    before = 0
    for char in text:
        code = ord(char)
        if not (0xDC00 <= code < 0xE000 and 0xD800 <= before < 0xDC00):
            count += 1
        before = code
    return count


def _shaped(message: object) -> bool:
    return (
        isinstance(message, dict)
        and message.get("jsonrpc") == "2.0"
        and isinstance(message.get("method"), str)
    )
