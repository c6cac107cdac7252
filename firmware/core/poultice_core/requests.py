"""Every method of the link contract, by its name."""

from .changes import DropConfig, Reboot, SetClock, SetConfig
from .codec import METHOD_NOT_FOUND, Refusal, Request, invalid
from .commands import Arm, ClearFault, Confirm, Pause, Resume, Start, Stop
from .queries import GetConfig, Hello, JournalPage, Ping, SelfTest, Status
from .waiting import Waiting

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from .loop import Loop

HANDLERS = {
    "hello": Hello,
    "status": Status,
    "arm": Arm,
    "start": Start,
    "confirm": Confirm,
    "pause": Pause,
    "resume": Resume,
    "stop": Stop,
    "ping": Ping,
    "clear_fault": ClearFault,
    "journal": JournalPage,
    "set_clock": SetClock,
    "get_config": GetConfig,
    "set_config": SetConfig,
    "drop_config": DropConfig,
    "self_test": SelfTest,
    "reboot": Reboot,
}


def take(loop: "Loop", request: Request) -> Waiting:
    """A request as something to be finished. Raises Refusal."""
    handler = HANDLERS.get(request.method)
    if handler is None:
        raise Refusal(METHOD_NOT_FOUND, {"method": request.method[:32]})
    params = request.params
    if params is None:
        params = {}
    if not isinstance(params, dict):
        raise invalid("params", "an object")
    waiting = handler(loop, params)
    waiting.request_id = request.request_id
    return waiting
