# ruff: noqa: D100, F821
include("$(BOARD_DIR)/../manifest.py")
