# ruff: noqa: D100, F821
# What every release image freezes: nothing on the flash can shadow or replace any of it.
freeze("$(PORT_DIR)/modules", "rp2.py")
freeze("$(BOARD_DIR)/../../pico", ("_boot.py", "boot.py", "main.py"))
# The sources come folded (see `fold.py`). Level 3 leaves out the numbers of lines, a tenth of the
# bytes: nobody reads a traceback here, and no rule is an assert.
package("poultice_pico", base_path="$(BOARD_DIR)/../../../build/frozen", opt=3)
package("poultice_core", base_path="$(BOARD_DIR)/../../../build/frozen", opt=3)
module("poultice_fingerprint.py", base_path="$(BOARD_DIR)/../../../build/frozen")
