"""Schematic, wiring and simulator project, drawn from the firmware's own table of pins."""
