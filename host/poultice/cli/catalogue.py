"""Every command: where it is, and what it is for in a line."""

from __future__ import annotations

COMMANDS: dict[str, tuple[str, str]] = {
    "devices": ("devices:devices", "Ports that could be a device, and what answered."),
    "protocols": ("protocols:protocols", "The library of therapy protocols."),
    "run": ("run:run", "Run a session, watch it, record it."),
    "status": ("now:status", "The device now."),
    "watch": ("now:watch", "The device, as it goes on."),
    "stop": ("now:stop", "End what runs; answered once the pad is off."),
    "pause": ("now:pause", "Relays off, the session kept for up to 5 minutes."),
    "resume": ("now:resume", "Go on after a pause."),
    "confirm": ("now:confirm", "Answer the device's prompt."),
    "clear": ("now:clear", "Clear a fault whose cause is gone."),
    "doctor": ("devices:doctor", "What is wrong, and what mends it."),
    "calibrate": ("calibrate:calibrate", "Check the thermistors at two points."),
    "config": ("config:config", "The device's configuration."),
    "history": ("history:history", "Recorded sessions."),
    "note": ("history:note", "Pain, stiffness and a note of a session."),
    "report": ("history:report", "A recorded session as one HTML page."),
    "firmware": ("firmware:firmware", "The device's firmware: look at it, build it, flash it."),
    "simulator": (
        "simulator:simulator",
        "Serve a virtual device on a pseudo-terminal.",
    ),
    "campaign": (
        "campaign_command:campaign",
        "Thousands of simulated sessions, each with a fault.",
    ),
    "completion": ("completion:completion", "Completion for bash, zsh and fish."),
    "help": ("help:help", "What a command does and takes."),
}
