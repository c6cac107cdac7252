# ruff: noqa: D100, F821
# What every release image freezes: nothing on the flash can shadow or replace any of it.
freeze("$(PORT_DIR)/modules", "rp2.py")
freeze("$(BOARD_DIR)/../../pico", ("_boot.py", "boot.py", "main.py"))
package("poultice_pico", base_path="$(BOARD_DIR)/../../pico")
package("poultice_core", base_path="$(BOARD_DIR)/../../core")
module("poultice_fingerprint.py", base_path="$(BOARD_DIR)/../../../build/frozen")
