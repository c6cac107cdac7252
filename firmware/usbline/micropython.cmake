add_library(usermod_usbline INTERFACE)
target_sources(usermod_usbline INTERFACE ${CMAKE_CURRENT_LIST_DIR}/usbline.c)
target_link_libraries(usermod INTERFACE usermod_usbline)

# A call whose frame is larger than 11 words takes it from the heap: a search and a release, a third
# of the time of many calls. Frames up to 40 words lie on the C stack, as they do where the heap is
# full: `objfun.c` falls back to it by itself.
target_sources(usermod_usbline INTERFACE ${CMAKE_CURRENT_LIST_DIR}/frames.c)
set_source_files_properties(${MICROPY_PY_DIR}/objfun.c PROPERTIES
    COMPILE_DEFINITIONS "m_malloc_maybe=poultice_frame_maybe")

# Names are found by `lookups.c` where it knows how, by MicroPython's own functions elsewhere: they
# are compiled as they are, and called by other names.
target_sources(usermod_usbline INTERFACE ${CMAKE_CURRENT_LIST_DIR}/lookups.c)
set_source_files_properties(${MICROPY_PY_DIR}/vm.c ${MICROPY_PY_DIR}/nativeglue.c PROPERTIES
    COMPILE_FLAGS "-include ${CMAKE_CURRENT_LIST_DIR}/first.h")
set_source_files_properties(${MICROPY_PY_DIR}/objtype.c PROPERTIES
    COMPILE_FLAGS "-include ${CMAKE_CURRENT_LIST_DIR}/lookups.h"
    COMPILE_DEFINITIONS "mp_map_lookup=poultice_attribute")
set_source_files_properties(${MICROPY_PY_DIR}/objstrunicode.c PROPERTIES
    COMPILE_DEFINITIONS "mp_str_print_json=poultice_print_json")

# What runs a tick is compiled for speed, as MicroPython's own port does for the rest of it.
foreach(file argcheck bc cstack gc malloc modbuiltins mpprint nativeglue nlr nlrthumb obj objboundmeth
        objdict objfun objint objint_mpz objlist objstr objstringio objstrunicode objtuple objtype
        opmethods qstr runtime sequence smallint stream vstr)
    list(APPEND FAST ${MICROPY_PY_DIR}/${file}.c)
endforeach()
set_source_files_properties(${FAST} ${CMAKE_CURRENT_LIST_DIR}/lookups.c
    ${MICROPY_DIR}/extmod/modjson.c ${MICROPY_DIR}/extmod/modbinascii.c
    ${MICROPY_DIR}/lib/uzlib/crc32.c PROPERTIES COMPILE_OPTIONS "-O2")

# Machine code of an RP2040 holds its large constants as words beside the instructions, and loads
# them from word boundaries. MicroPython 1.25 freezes it at half words ("aligned (2)"), so that half
# of the functions would load another number.
set_source_files_properties(${CMAKE_BINARY_DIR}/frozen_content.c PROPERTIES
    COMPILE_OPTIONS "-Daligned(n)=__aligned__((n)<4?4:(n))")
