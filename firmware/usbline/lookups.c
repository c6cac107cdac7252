// lookups: where a name is found, without searching for it again; and what else a tick does most.
//
// Half of a tick is names: attributes of objects, methods of their classes, globals. MicroPython
// remembers at which place of *a* table a name stood last, one place for all tables together, and
// divides to get there. Here each pair of table and name has a place of its own in what is
// remembered. What stands there is compared with the name before it is believed, as MicroPython does
// it: a place that is wrong costs a search, never another value.
//
// Whatever is not told here is done by MicroPython's own functions, which stay as they are. That the
// interpreter asks here first is said in `micropython.cmake` and `first.h`. These lie in RAM: they
// run a thousand times a tick, and what lies in flash pushes itself out of its cache of 16 KB.

#include "lookups.h"

#include "py/builtin.h"
#include "py/objstr.h"

#define IN_RAM(f) __attribute__((noinline, section(".time_critical." #f))) f

uint8_t poultice_places[1 << POULTICE_PLACES_BITS];

// MicroPython's own search (see `boards/poultice.h`).
mp_map_elem_t *poultice_search(mp_map_t *map, mp_obj_t name, mp_map_lookup_kind_t kind);

// --- what cannot be there ----------------------------------------------------------------

// Names that were ever put into a table as a key, and those that were ever put into an object as an
// attribute: a bit each, which nothing takes back. Where it is not set nobody need search. The image
// has some 2,200 names; one beyond these is searched for.
#define NAMES (2560)

static uint32_t keys[NAMES / 32];
static uint32_t attributes[NAMES / 32];

static inline bool ever(const uint32_t *bits, qstr name) {
    return name >= NAMES || (bits[name / 32] >> name % 32 & 1);
}

static inline void note(uint32_t *bits, mp_obj_t key) {
    if (mp_obj_is_qstr(key) && MP_OBJ_QSTR_VALUE(key) < NAMES) {
        bits[MP_OBJ_QSTR_VALUE(key) / 32] |= 1u << MP_OBJ_QSTR_VALUE(key) % 32;
    }
}

// --- tables ------------------------------------------------------------------------------

mp_map_elem_t *IN_RAM(mp_map_lookup)(mp_map_t *map, mp_obj_t key, mp_map_lookup_kind_t kind) {
    if (kind == MP_MAP_LOOKUP_REMOVE_IF_FOUND) {
        return poultice_search(map, key, kind);
    }
    mp_map_elem_t *found = poultice_known(map, key);
    if (found != NULL) {
        return found;
    }
    if (kind == MP_MAP_LOOKUP_ADD_IF_NOT_FOUND) {
        note(keys, key);
    } else if (map->used == 0) {
        return NULL;
    }
    found = poultice_search(map, key, kind);
    if (found != NULL) {
        // The table may have grown and be another one now. Of a place beyond 255 the low byte is kept:
        // another key stands there, or none.
        *poultice_place_of(map, key) = found - map->table;
    }
    return found;
}

// `objtype.c` asks by this name: what it adds is an attribute of an object, or of a class.
mp_map_elem_t *poultice_attribute(mp_map_t *map, mp_obj_t key, mp_map_lookup_kind_t kind) {
    if (kind == MP_MAP_LOOKUP_ADD_IF_NOT_FOUND) {
        note(attributes, key);
    }
    return mp_map_lookup(map, key, kind);
}

// --- what the interpreter and machine code ask for ---------------------------------------

mp_obj_t IN_RAM(poultice_load_global)(qstr name) {
    mp_map_t *globals = &mp_globals_get()->map;
    mp_map_elem_t *found = poultice_known(globals, MP_OBJ_NEW_QSTR(name));
    // A fixed table was not filled key by key.
    bool builtin = found == NULL && !globals->is_fixed && !ever(keys, name);
    #if MICROPY_CAN_OVERRIDE_BUILTINS
    builtin = builtin && MP_STATE_VM(mp_module_builtins_override_dict) == NULL;
    #endif
    if (builtin) {
        found = poultice_known(&mp_module_builtins_globals.map, MP_OBJ_NEW_QSTR(name));
    }
    return found != NULL ? found->value : mp_load_global(name);
}

mp_obj_t IN_RAM(poultice_load_attr)(mp_obj_t base, qstr name) {
    if (mp_obj_is_obj(base)) {
        mp_obj_instance_t *self = MP_OBJ_TO_PTR(base);
        if (mp_obj_is_instance_type(self->base.type)) {
            mp_map_elem_t *found = poultice_known(&self->members, MP_OBJ_NEW_QSTR(name));
            if (found != NULL) {
                return found->value;
            }
        }
    }
    return mp_load_attr(base, name);
}

// A method of the object's own class, where no object ever had an attribute of that name.
void IN_RAM(poultice_load_method)(mp_obj_t base, qstr name, mp_obj_t *dest) {
    if (mp_obj_is_obj(base) && !ever(attributes, name)) {
        const mp_obj_type_t *type = ((mp_obj_base_t *)MP_OBJ_TO_PTR(base))->type;
        if (mp_obj_is_instance_type(type) && MP_OBJ_TYPE_HAS_SLOT(type, locals_dict)) {
            mp_obj_dict_t *methods = MP_OBJ_TYPE_GET_SLOT(type, locals_dict);
            mp_map_elem_t *found =
                mp_map_lookup(&methods->map, MP_OBJ_NEW_QSTR(name), MP_MAP_LOOKUP);
            if (found != NULL && mp_obj_is_obj(found->value)) {
                const mp_obj_type_t *kind = ((mp_obj_base_t *)MP_OBJ_TO_PTR(found->value))->type;
                if (kind == &mp_type_fun_bc || kind == &mp_type_fun_native) {
                    dest[0] = found->value;
                    dest[1] = base;
                    return;
                }
            }
        }
    }
    mp_load_method(base, name, dest);
}

// Another value for an attribute that is there. Classes with properties are left to MicroPython.
void IN_RAM(poultice_store_attr)(mp_obj_t base, qstr name, mp_obj_t value) {
    if (mp_obj_is_obj(base) && value != MP_OBJ_NULL) {
        mp_obj_instance_t *self = MP_OBJ_TO_PTR(base);
        const uint16_t both = MP_TYPE_FLAG_INSTANCE_TYPE | MP_TYPE_FLAG_HAS_SPECIAL_ACCESSORS;
        if ((self->base.type->flags & both) == MP_TYPE_FLAG_INSTANCE_TYPE) {
            mp_map_elem_t *found = poultice_known(&self->members, MP_OBJ_NEW_QSTR(name));
            if (found != NULL) {
                found->value = value;
                return;
            }
        }
    }
    mp_store_attr(base, name, value);
}

// Two small integers, whose lowest bit is their tag; whatever would not fit is MicroPython's.
mp_obj_t IN_RAM(poultice_binary_op)(mp_binary_op_t op, mp_obj_t lhs, mp_obj_t rhs) {
    if (mp_obj_is_small_int(lhs) && mp_obj_is_small_int(rhs)) {
        mp_int_t left = (mp_int_t)lhs;
        mp_int_t right = (mp_int_t)rhs;
        mp_int_t result;
        switch (op) {
            case MP_BINARY_OP_LESS:
                return mp_obj_new_bool(left < right);
            case MP_BINARY_OP_MORE:
                return mp_obj_new_bool(left > right);
            case MP_BINARY_OP_EQUAL:
                return mp_obj_new_bool(left == right);
            case MP_BINARY_OP_LESS_EQUAL:
                return mp_obj_new_bool(left <= right);
            case MP_BINARY_OP_MORE_EQUAL:
                return mp_obj_new_bool(left >= right);
            case MP_BINARY_OP_NOT_EQUAL:
                return mp_obj_new_bool(left != right);
            case MP_BINARY_OP_AND:
            case MP_BINARY_OP_INPLACE_AND:
                return (mp_obj_t)(left & right);
            case MP_BINARY_OP_OR:
            case MP_BINARY_OP_INPLACE_OR:
                return (mp_obj_t)(left | right);
            case MP_BINARY_OP_ADD:
            case MP_BINARY_OP_INPLACE_ADD:
                if (!__builtin_add_overflow(left, right - 1, &result)) {
                    return (mp_obj_t)result;
                }
                break;
            case MP_BINARY_OP_SUBTRACT:
            case MP_BINARY_OP_INPLACE_SUBTRACT:
                if (!__builtin_sub_overflow(left, right - 1, &result)) {
                    return (mp_obj_t)result;
                }
                break;
            default:
                break;
        }
    }
    return mp_binary_op(op, lhs, rhs);
}

// --- what a report is made of ------------------------------------------------------------

// MicroPython writes JSON's strings a formatted character at a time: here the whole of those in
// which nothing is to be escaped.
void poultice_print_json(const mp_print_t *print, const byte *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (text[i] < ' ' || text[i] == '"' || text[i] == '\\') {
            mp_str_print_json(print, text, length);
            return;
        }
    }
    mp_print_strn(print, "\"", 1, 0, 0, 0);
    mp_print_strn(print, (const char *)text, length, 0, 0, 0);
    mp_print_strn(print, "\"", 1, 0, 0, 0);
}
