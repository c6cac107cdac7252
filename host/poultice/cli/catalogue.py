"""Every command: the module it is in, under its own name, and what it is for in a line."""

from __future__ import annotations

COMMANDS: dict[str, tuple[str, str]] = {
    "devices": ("devices", "Ports that could be a device, and what answered."),
    "protocols": ("protocols", "The library of therapy protocols."),
    "run": ("run", "Run a session, watch it, record it."),
    "status": ("now", "The device now."),
    "watch": ("now", "The device, as it goes on."),
    "stop": ("now", "End what runs; answered once the pad is off."),
    "pause": ("now", "Relays off, the session kept for up to 5 minutes."),
    "resume": ("now", "Go on after a pause."),
    "confirm": ("now", "Answer the device's prompt."),
    "clear": ("now", "Clear a fault whose cause is gone."),
    "doctor": ("devices", "What is wrong, and what mends it."),
    "calibrate": ("calibrate", "Check the thermistors at two points."),
    "config": ("config", "The device's configuration."),
    "history": ("history", "Recorded sessions."),
    "note": ("history", "Pain, stiffness and a note of a session."),
    "course": ("course_command", "A course of treatment: what is due, what was done."),
    "report": ("history", "A recorded session as one HTML page."),
    "firmware": ("firmware", "The device's firmware: look at it, build it, flash it."),
    "simulator": ("simulator", "Serve a virtual device on a pseudo-terminal."),
    "campaign": ("campaign_command", "Thousands of simulated sessions, each with a fault."),
    "completion": ("completion", "Completion for bash, zsh and fish."),
    "help": ("help", "What a command does and takes."),
}
