// frames: which frames of Python functions are taken from the heap.
//
// `objfun.c` asks for one here instead of at `m_malloc_maybe`, and uses the C stack where it gets
// none. 40 words with the header of 5: the largest of the core's functions has them.

#include "py/mpconfig.h"
#include "py/misc.h"

void *poultice_frame_maybe(size_t bytes);

void *poultice_frame_maybe(size_t bytes) {
    return bytes <= 40 * sizeof(void *) ? NULL : m_malloc_maybe(bytes);
}
