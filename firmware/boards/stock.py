# ruff: noqa: D100, F821
# What MicroPython freezes itself, but for its libraries, which Debian does not ship with it.
freeze("$(PORT_DIR)/modules")
