// What the device asks of MicroPython on every board.

// One whole line of the link (2048 bytes) has room, so a write never waits for the host.
#define CFG_TUD_CDC_TX_BUFSIZE                  (2048)

// No baud rate may restart a device that heats somebody.
#define MICROPY_HW_USB_CDC_1200BPS_TOUCH        (0)

// A name's place in a table is found by `usbline/lookups.c`; this is the search where it is not
// known there.
#define MICROPY_OPT_MAP_LOOKUP_CACHE            (0)
#define MICROPY_WRAP_MP_MAP_LOOKUP(f)           poultice_search

// No class of the device has these hooks; where they may be, each use of a class with a property
// asks for them.
#define MICROPY_PY_DELATTR_SETATTR              (0)
#define MICROPY_PY_DESCRIPTORS                  (0)

// Nothing on the device asks for these modules; their room goes to machine code of the tick.
#define MICROPY_PY_ASYNCIO                      (0)
#define MICROPY_PY_CMATH                        (0)
#define MICROPY_PY_FRAMEBUF                     (0)
#define MICROPY_PY_HASHLIB                      (0)
#define MICROPY_PY_HEAPQ                        (0)
#define MICROPY_PY_MATH_SPECIAL_FUNCTIONS       (0)
#define MICROPY_PY_RE                           (0)
#define MICROPY_PY_UCTYPES                      (0)
