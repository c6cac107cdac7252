// The serial ports of this browser: its own, or by WebUSB where it has only that; undefined: none.
export const serial = navigator.serial ?? (navigator.usb ? (await import("./serial.js")).serial : undefined);
