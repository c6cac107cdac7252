// Where a name is found: see `lookups.c`.
#ifndef POULTICE_LOOKUPS_H
#define POULTICE_LOOKUPS_H

#include <stdarg.h> // else `mpprint.h` leaves some of its functions out

#include "py/obj.h"
#include "py/objtype.h"
#include "py/runtime.h"

// So many places, a byte each: a tick asks for about a thousand pairs of table and name, and those
// that share a place push each other out.
#define POULTICE_PLACES_BITS (12)

extern uint8_t poultice_places[1 << POULTICE_PLACES_BITS];

// Tables lie 16 bytes apart, a name's number is above its tag. The factor keeps the names of one
// table from the places of the next.
static inline uint8_t *poultice_place_of(const mp_map_t *map, mp_obj_t name) {
    uintptr_t mixed = ((uintptr_t)map->table >> 4) + ((uintptr_t)name >> 3) * 5;
    return &poultice_places[mixed % sizeof poultice_places];
}

// What the table holds under this name; NULL where that is not known.
static inline mp_map_elem_t *poultice_known(const mp_map_t *map, mp_obj_t name) {
    size_t place = *poultice_place_of(map, name);
    if (place < map->alloc && map->table[place].key == name) {
        return &map->table[place];
    }
    return NULL;
}

static inline mp_map_elem_t *poultice_lookup(mp_map_t *map, mp_obj_t name) {
    mp_map_elem_t *found = poultice_known(map, name);
    return found != NULL ? found : mp_map_lookup(map, name, MP_MAP_LOOKUP);
}

mp_map_elem_t *poultice_attribute(mp_map_t *map, mp_obj_t key, mp_map_lookup_kind_t kind);
mp_obj_t poultice_binary_op(mp_binary_op_t op, mp_obj_t lhs, mp_obj_t rhs);
mp_obj_t poultice_load_attr(mp_obj_t base, qstr name);
mp_obj_t poultice_load_global(qstr name);
void poultice_load_method(mp_obj_t base, qstr name, mp_obj_t *dest);
void poultice_store_attr(mp_obj_t base, qstr name, mp_obj_t value);

#endif
