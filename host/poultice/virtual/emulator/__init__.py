"""The release image on an emulated Pico: the very file that people flash, wired to the plant."""
