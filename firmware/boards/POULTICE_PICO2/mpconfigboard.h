#define MICROPY_HW_BOARD_NAME                   "Raspberry Pi Pico 2"
#define MICROPY_HW_FLASH_STORAGE_BYTES          (PICO_FLASH_SIZE_BYTES - 1024 * 1024)

#include "../poultice.h"
