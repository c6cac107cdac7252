"""Pin numbers of the hardware contract. `_boot.py` and `boot.py` hold the outputs as literals."""

from micropython import const

MASTER_PUMP = const(9)
MASTER = const(10)
HEAT = const(11)
COOL = const(12)
BUTTON = const(16)
ESTOP = const(17)
BUZZER = const(18)
SENSE = const(20)
LED = const(22)
SENSOR_A = const(26)
SENSOR_B = const(27)
