#define MICROPY_HW_BOARD_NAME                   "Raspberry Pi Pico 2"
#define MICROPY_HW_FLASH_STORAGE_BYTES          (PICO_FLASH_SIZE_BYTES - 1024 * 1024)

// One whole line of the link (2048 bytes) has room, so a write never waits for the host.
#define CFG_TUD_CDC_TX_BUFSIZE                  (2048)

// No baud rate may restart a device that heats somebody.
#define MICROPY_HW_USB_CDC_1200BPS_TOUCH        (0)

// A tick looks up some hundreds of names; with 128 places they push each other out. Every
// second place is used (the low bits of a name's number are its tag's).
#define MICROPY_OPT_MAP_LOOKUP_CACHE_SIZE       (4096)

// Nothing on the device asks for these modules; their room goes to machine code of the tick.
#define MICROPY_PY_ASYNCIO                      (0)
#define MICROPY_PY_CMATH                        (0)
#define MICROPY_PY_FRAMEBUF                     (0)
#define MICROPY_PY_HASHLIB                      (0)
#define MICROPY_PY_HEAPQ                        (0)
#define MICROPY_PY_MATH_SPECIAL_FUNCTIONS       (0)
#define MICROPY_PY_RE                           (0)
#define MICROPY_PY_UCTYPES                      (0)
