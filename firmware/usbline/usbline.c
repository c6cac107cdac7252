// usbline: the two questions about the USB line that MicroPython's streams cannot answer.
//
// `room()` is how many bytes a write takes at once, whoever reads or does not. POLLOUT only says
// "one or more", and says so for ever once the cable is pulled.
// `take(buffer)` moves what has arrived into the buffer and returns at once; a stream's readinto
// waits until the buffer is full.

#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#ifndef NO_QSTR // the pass that collects names has not got TinyUSB in its path
#include "tusb.h"
#endif

static mp_obj_t usbline_room(void) {
    return MP_OBJ_NEW_SMALL_INT(tusb_inited() ? tud_cdc_write_available() : 0);
}
static MP_DEFINE_CONST_FUN_OBJ_0(usbline_room_obj, usbline_room);

static mp_obj_t usbline_take(mp_obj_t into) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(into, &buffer, MP_BUFFER_WRITE);
    byte *bytes = buffer.buf;
    size_t count = 0;
    while (count < buffer.len && (mp_hal_stdio_poll(MP_STREAM_POLL_RD) & MP_STREAM_POLL_RD)) {
        bytes[count++] = mp_hal_stdin_rx_chr();
    }
    return MP_OBJ_NEW_SMALL_INT(count);
}
static MP_DEFINE_CONST_FUN_OBJ_1(usbline_take_obj, usbline_take);

static const mp_rom_map_elem_t usbline_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_usbline) },
    { MP_ROM_QSTR(MP_QSTR_room), MP_ROM_PTR(&usbline_room_obj) },
    { MP_ROM_QSTR(MP_QSTR_take), MP_ROM_PTR(&usbline_take_obj) },
};
static MP_DEFINE_CONST_DICT(usbline_globals, usbline_globals_table);

const mp_obj_module_t usbline_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&usbline_globals,
};
MP_REGISTER_MODULE(MP_QSTR_usbline, usbline_module);
