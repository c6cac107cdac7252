// What `vm.c` and `nativeglue.c` of MicroPython ask for, from `lookups.c` first. Put before them by
// `micropython.cmake`.
#include "lookups.h"

#define mp_binary_op poultice_binary_op
#define mp_load_attr poultice_load_attr
#define mp_load_global poultice_load_global
#define mp_load_method poultice_load_method
#define mp_map_lookup(map, name, kind) poultice_lookup(map, name)
#define mp_store_attr poultice_store_attr
