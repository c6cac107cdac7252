"""What survives a power cut: SR-05, SR-06, SR-20; paging, the clock, a lost journal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice_core import device, messages, signals, states
from poultice_core.board import Store
from poultice_core.journal import INTERRUPTED, LOADED, LOST, NEW, Journal, session_entry
from poultice_core.ledger import COLD_S, DOSE_M, HEAT_S, Ledger
from poultice_core.limits import Limits
from poultice_core.provision import provision
from tests.core.rig import Rig, RigStore, plan

L = Limits()
HEAT = plan(("heat", 40_000, 1200))
LONG_AGO = 1_600_000_000


def _journal(store: Store) -> tuple[Journal, int]:
    journal = Journal(store, Ledger(L), L)
    return journal, journal.load(1)


def _fill(journal: Journal, count: int) -> None:
    for number in range(count):
        journal.add(session_entry(number + 1, "a" * 32))
        journal.save()


# --- entries ------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 16, 17, 64, 72, 73, 100, 200])
def test_at_least_the_last_64_are_kept_in_order(count: int) -> None:
    store = RigStore()
    journal, _ = _journal(store)
    _fill(journal, count)
    again, loaded = _journal(store)
    assert loaded == (LOADED if count else NEW)
    numbers = [entry["n"] for entry in again.entries(0, 1000)]
    assert numbers == list(range(count + 1 - len(numbers), count + 1))
    assert len(numbers) >= min(count, 64)


def test_a_page_fits_a_line_and_the_pages_are_the_whole() -> None:
    rig = Rig()
    journal = rig.controller.journal
    for number in range(70):
        entry = session_entry((1 << 31) - 1, "z" * 32)
        entry["outcome"], entry["reason"] = "fault", "absolute_temperature"
        for name in ("heat_s", "cold_s", "dose_m", "peak_mc", "min_mc", "heat_operations"):
            entry[name] = -(1 << 30)
        entry["t_ms"] = entry["unix_s"] = (1 << 40) + number
        journal.add(entry)
    journal.save()
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        request = {
            "jsonrpc": "2.0",
            "id": "\u4e16" * 32,
            "method": "journal",
            "params": {"after": after, "limit": 64},
        }
        rig.board.incoming += messages.encode(request)
        rig.controller.serve()
        line = bytes(rig.board.outgoing).lstrip(b"\n")
        rig.board.outgoing.clear()
        assert len(line) <= messages.MAX_LINE
        result = json.loads(messages.unseal(line.rstrip(b"\n")) or b"")["result"]
        seen += [entry["n"] for entry in result["entries"]]
        assert result["entries"]
        after = result["next"]
    assert seen == list(range(seen[0], 71))
    assert len(seen) >= 64


@pytest.mark.parametrize(
    ("count", "limit", "numbers", "following"),
    [
        (0, 8, [], None),
        (1, 8, [1], None),
        (3, 2, [1, 2], 2),
        (3, 3, [1, 2, 3], None),
    ],
)
def test_next_is_null_at_the_end(
    count: int, limit: int, numbers: list[int], following: int | None
) -> None:
    rig = Rig()
    _fill(rig.controller.journal, count)
    page = rig.result("journal", {"limit": limit})
    assert [entry["n"] for entry in page["entries"]] == numbers
    assert page["next"] == following
    assert rig.result("journal", {"after": count}) == {"entries": [], "next": None}
    assert rig.result("journal", {"after": 1 << 30}) == {"entries": [], "next": None}


def test_eight_is_the_default_page() -> None:
    rig = Rig()
    for number in range(12):
        rig.controller.journal.add({"n": 0, "kind": "config", "config": {}, "t_ms": number})
    page = rig.result("journal")
    assert [entry["n"] for entry in page["entries"]] == list(range(1, 9))
    assert page["next"] == 8


def test_a_lost_block_is_lost_history_and_nothing_else() -> None:
    store = RigStore()
    journal, _ = _journal(store)
    _fill(journal, 30)
    store.files["log1"] = b"garbage"
    again, loaded = _journal(store)
    assert loaded == LOADED
    numbers = [entry["n"] for entry in again.entries(0, 100)]
    assert numbers == [n for n in range(1, 31) if not 9 <= n <= 16]


# --- a journal that is lost ---------------------------------------------------------------


def _expect_maximal(ledger: Ledger) -> None:
    assert ledger.sessions() == 1
    assert (ledger.used(HEAT_S), ledger.used(COLD_S), ledger.used(DOSE_M)) == (1800, 1200, 9000)
    assert ledger.rest_s(True, False) == L.rest_after_heat_s
    assert ledger.rest_s(False, True) == L.rest_cold_to_cold_s


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"{}*00000000",
        messages.seal(b"{}"),
        messages.seal(b"null"),
        messages.seal(b'{"ledger":[1]}'),
    ],
)
def test_an_unreadable_journal_is_one_maximal_session_ended_now(data: bytes) -> None:
    store = RigStore()
    store.files["journal"] = data
    journal, loaded = _journal(store)
    assert loaded == LOST
    _expect_maximal(journal.ledger)


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize("name", ["config", "pending", "log0", "log5", "log8"])
def test_a_journal_absent_among_files_of_ours_is_lost(name: str) -> None:
    store = RigStore()
    store.files[name] = b"whatever"
    journal, loaded = _journal(store)
    assert loaded == LOST
    _expect_maximal(journal.ledger)


@pytest.mark.requirement("SR-05")
def test_erased_flash_is_a_new_device() -> None:
    journal, loaded = _journal(RigStore())
    assert loaded == NEW
    assert journal.ledger.sessions() == 0
    assert Rig().fault is None


@pytest.mark.requirement("SR-05")
def test_a_file_system_that_does_not_mount_is_a_lost_journal() -> None:
    class Dead(RigStore):
        def load(self, name: str) -> bytes | None:
            raise OSError(5)

    rig = Rig(Dead())
    assert (rig.state, rig.fault) == ("fault", "journal_lost")


@pytest.mark.requirement("SR-05", "SR-20")
def test_a_lost_journal_is_latched_and_counted_with_a_single_sensor_too() -> None:
    store = RigStore()
    provision(store, {"sensor_b": False})
    store.files["journal"] = b"gone"
    rig = Rig(store, idle=False)
    assert rig.fault == "journal_lost"
    _expect_maximal(rig.controller.ledger)
    assert rig.result("clear_fault", {"fault": "journal_lost"}) == {}
    rig.tick()
    assert rig.error("arm", {"plan": plan(("heat", 40_000, 60))})["code"] == 4


@pytest.mark.requirement("SR-05")
@given(st.data())
def test_a_flipped_bit_is_noticed(data: st.DataObject) -> None:
    store = RigStore()
    journal, _ = _journal(store)
    journal.ledger.add(600, 0, 100, True)
    _fill(journal, 3)
    image = bytearray(store.files["journal"])
    bit = data.draw(st.integers(0, len(image) * 8 - 1))
    image[bit // 8] ^= 1 << bit % 8
    store.files["journal"] = bytes(image)
    again, loaded = _journal(store)
    assert loaded == LOST
    _expect_maximal(again.ledger)


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize("method", ["start", "clear_fault", "set_clock", "set_config"])
def test_a_store_that_fails_latches_and_energises_nothing(method: str) -> None:
    rig = Rig()
    params: dict[str, object] = {"fault": "loop_late"}
    if method == "start":
        params = {"token": rig.result("arm", {"plan": HEAT})["token"]}
    elif method == "clear_fault":
        rig.tick(2000)
    elif method == "set_clock":
        params = {"unix_s": LONG_AGO}
    else:
        params = {"density_mw_cm2": 50}
    rig.board.store.fail = True
    assert rig.error(method, params)["code"] == 3
    rig.ticks(30)
    assert rig.state == "fault"
    assert not any(any(outputs) for outputs in rig.board.writes)
    if method == "start":
        rig.board.store.fail = False
        assert rig.events("fault")[-1]["state"] == "armed"
        rig.result("clear_fault", {"fault": "journal_lost"})
        # What never ran is no interrupted session.
        again = Rig(rig.board.store)
        assert again.controller.ledger.sessions() == 0
        assert again.result("status")["rest_heat_s"] == 0


# --- a session cut off by power -----------------------------------------------------------


@pytest.mark.requirement("SR-05", "SR-06")
@pytest.mark.parametrize(
    ("phases", "profile", "heat_s", "cold_s", "dose_m"),
    [
        ([("heat", 40_000, 300)], "normal", 300, 0, 5_000),
        ([("heat", 40_000, 1200)], "normal", 1200, 0, 9_000),
        ([("heat", 40_000, 301), ("rest", None, 60)], "normal", 301, 0, 5_017),
        ([("heat", 40_000, 1200)], "sensitive", 1200, 0, 2_000),
        ([("cold", 12_000, 600), ("heat", 40_000, 60)], "normal", 60, 600, 1_000),
        ([("rest", None, 600)], "normal", 0, 0, 0),
    ],
)
@pytest.mark.parametrize("ticks", [0, 1, 30])
def test_it_counts_as_planned_and_never_resumes(
    phases: list[tuple[str, int | None, int]],
    profile: str,
    heat_s: int,
    cold_s: int,
    dose_m: int,
    ticks: int,
) -> None:
    rig = Rig()
    rig.start(plan(*phases, profile=profile))
    rig.ticks(ticks)
    again = Rig(rig.board.store)
    assert again.state == "idle"
    assert not any(any(outputs) for outputs in again.board.writes)
    ledger = again.controller.ledger
    assert (ledger.used(HEAT_S), ledger.used(COLD_S)) == (heat_s, cold_s)
    assert ledger.used(DOSE_M) == dose_m
    entry = again.entries()[-1]
    assert (entry["kind"], entry["outcome"], entry["reason"]) == ("session", "power_lost", None)
    assert (entry["heat_s"], entry["cold_s"]) == (heat_s, cold_s)
    assert again.guard.budget.percent() <= 2
    if heat_s:
        error = again.error("arm", {"plan": HEAT})
        assert error["code"] == 4
        assert error["data"]["rest_s"] >= L.rest_after_heat_s - 5
    # Counted once: the next start-up finds it in the past.
    third = Rig(rig.board.store)
    assert third.controller.ledger.sessions() == ledger.sessions()
    assert [e["outcome"] for e in third.entries()] == ["power_lost"]


@pytest.mark.requirement("SR-14", "SR-20")
def test_a_watchdog_restart_is_a_latched_fault_for_the_button() -> None:
    rig = Rig()
    rig.start(HEAT)
    rig.ticks(60)
    again = Rig(rig.board.store, "watchdog")
    assert (again.state, again.fault) == ("fault", "watchdog_reset")
    assert again.entries()[0]["outcome"] == "power_lost"
    assert again.result("hello")["reset_cause"] == "watchdog"
    assert again.error("clear_fault", {"fault": "watchdog_reset"})["data"]["clear"] == "button"
    again.hold(3000)
    assert again.state == "idle"
    assert Rig(rig.board.store).fault is None


@pytest.mark.requirement("SR-20")
@pytest.mark.requirement("SR-20")
def test_a_fault_found_at_start_up_is_seen_and_heard_at_once() -> None:
    # Regression: nothing changed after the start, so the LED went on saying "starting up".
    assert (signals.led(states.FAULT), signals.TUNE_FAULT) not in Rig().board.shown
    alarm = (signals.led(states.FAULT), signals.TUNE_FAULT)
    store = RigStore()
    assert Rig(store, "watchdog").board.shown == [alarm]
    assert Rig(store).board.shown == [alarm]


@pytest.mark.parametrize("reset_cause", ["power_on", "reboot", "watchdog"])
def test_a_latched_fault_and_its_clearing_survive_power_loss(reset_cause: str) -> None:
    rig = Rig()
    rig.start(HEAT)
    rig.ticks(40)
    rig.board.code_x8 = 4095 * 8
    rig.ticks(3)
    assert rig.fault == "sensor_open"
    again = Rig(rig.board.store, reset_cause)
    assert (again.state, again.fault) == ("fault", "sensor_open")
    assert again.result("status")["faults_more"] == (1 if reset_cause == "watchdog" else 0)
    assert [e["fault"] for e in again.entries() if e["kind"] == "fault"] == ["sensor_open"]
    assert again.result("clear_fault", {"fault": "sensor_open"}) == {}
    assert Rig(rig.board.store).fault is None


@pytest.mark.requirement("SR-20")
def test_what_went_wrong_together_is_counted() -> None:
    store = RigStore()
    store.files["journal"] = store.files["config"] = b"?"
    rig = Rig(store, "watchdog")
    assert rig.fault == "watchdog_reset"
    assert rig.result("status")["faults_more"] == 2


@pytest.mark.requirement("SR-15", "SR-20")
def test_a_corrupt_table_is_not_cleared_away_with_another_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(device, "CHECKSUM", device.CHECKSUM ^ 1)
    store = RigStore()
    store.files["journal"] = b"?"
    rig = Rig(store)
    assert rig.fault == "journal_lost"
    rig.ask("clear_fault", {"fault": "journal_lost"})
    rig.ticks(3)
    assert (rig.state, rig.fault) == ("fault", "limits_corrupt")


def test_a_fault_entry_says_what_was_read_and_asked() -> None:
    rig = Rig()
    rig.start(HEAT)
    rig.ticks(40)
    rig.board.set_mc(45_500)
    rig.tick()
    fault, session = rig.entries()[-2:]
    assert set(fault) == {"n", "kind", "fault", "state", "temp_mc", "asked", "t_ms", "unix_s"}
    assert (fault["fault"], fault["state"]) == ("absolute_temperature", "running")
    assert 45_000 <= fault["temp_mc"] <= 45_500
    assert (session["outcome"], session["reason"]) == ("fault", "absolute_temperature")
    assert session["peak_mc"] == fault["temp_mc"]
    assert fault["n"] + 1 == session["n"]
    assert set(session) == {
        "n", "kind", "session", "plan", "outcome", "reason", "heat_s", "cold_s", "dose_m",
        "peak_mc", "min_mc", "heat_operations", "t_ms", "unix_s",
    }  # fmt: skip
    assert fault["unix_s"] is None


def test_nothing_is_written_while_master_is_closed() -> None:
    rig = Rig()
    store = rig.board.store
    original = store.save

    def save(name: str, data: bytes) -> None:
        assert rig.board.outputs == (False, False, False)
        original(name, data)

    store.save = save  # type: ignore[method-assign]
    rig.start(plan(("heat", 40_000, 60)))
    rig.ticks(40)
    assert rig.board.outputs[0]
    lines = b"".join(
        messages.encode({"jsonrpc": "2.0", "id": f"b{n}", "method": method, "params": params})
        for n, (method, params) in enumerate(
            [
                ("set_clock", {"unix_s": LONG_AGO}),
                ("stop", {}),
                ("set_config", {"density_mw_cm2": 60}),
                ("set_clock", {"unix_s": LONG_AGO}),
                ("clear_fault", {"fault": "internal"}),
                ("arm", {"plan": HEAT}),
                ("reboot", {"into": "app"}),
            ]
        )
    )
    rig.raw(lines)
    rig.ticks(5)
    assert rig.fault is None
    assert rig.entries()[-1]["outcome"] == "stopped"


# --- the clock ----------------------------------------------------------------------------


def _stamped(treated: bool = True) -> RigStore:
    """A device whose boot was given LONG_AGO, with a session of 70 s of heat since."""
    rig = Rig()
    assert rig.result("set_clock", {"unix_s": LONG_AGO}) == {"credited_s": 0}
    if treated:
        rig.start(plan(("heat", 40_000, 600)))
        rig.ticks(720)
        rig.result("stop")
        rig.tick()
        assert rig.entries()[-1]["unix_s"] is not None
    return rig.board.store


@pytest.mark.requirement("SR-05")
def test_a_clock_credits_what_passed_without_power() -> None:
    again = Rig(_stamped())
    assert again.result("status")["rest_heat_s"] > L.rest_after_heat_s - 10
    literal_s = 500
    stamp_s = LONG_AGO + 72
    credited_s = again.result("set_clock", {"unix_s": stamp_s + literal_s})["credited_s"]
    # Powered time since the stamp has been counted already: less than the 4 s of start-up.
    assert literal_s - 10 <= credited_s <= literal_s + 1
    assert again.result("status")["rest_heat_s"] <= L.rest_after_heat_s - literal_s + 10


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize("second_s", [0, 10_000, 1 << 31])
def test_a_second_clock_in_a_boot_changes_nothing(second_s: int) -> None:
    again = Rig(_stamped())
    again.result("set_clock", {"unix_s": LONG_AGO + 200})
    before = again.result("status")["rest_heat_s"]
    unix_s = again.controller.journal.unix_s()
    assert again.result("set_clock", {"unix_s": second_s}) == {"credited_s": 0}
    assert again.result("status")["rest_heat_s"] in (before, before - 1)
    assert again.controller.journal.unix_s() in (unix_s, (unix_s or 0) + 1)


@pytest.mark.requirement("SR-05")
def test_a_clock_behind_the_journal_changes_nothing() -> None:
    again = Rig(_stamped())
    assert again.result("set_clock", {"unix_s": LONG_AGO - 1}) == {"credited_s": 0}
    assert again.controller.journal.unix_s() is None
    assert again.result("set_clock", {"unix_s": LONG_AGO + 600})["credited_s"] > 500


@pytest.mark.requirement("SR-05")
def test_a_boot_that_was_never_stamped_is_credited_nothing() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 600)))
    rig.ticks(720)
    rig.result("stop")
    again = Rig(rig.board.store)
    assert again.result("set_clock", {"unix_s": LONG_AGO}) == {"credited_s": 0}
    assert again.result("status")["rest_heat_s"] > L.rest_after_heat_s - 10


@pytest.mark.requirement("SR-05")
def test_a_session_in_an_unstamped_boot_spoils_the_stamp_before() -> None:
    store = _stamped(treated=False)
    middle = Rig(store)
    middle.start(plan(("heat", 40_000, 600)))
    middle.ticks(720)
    middle.result("stop")
    again = Rig(store)
    assert again.result("set_clock", {"unix_s": LONG_AGO + 100_000}) == {"credited_s": 0}


@pytest.mark.requirement("SR-05")
def test_a_clock_credits_no_more_than_passed_after_a_cut() -> None:
    rig = Rig()
    rig.result("set_clock", {"unix_s": LONG_AGO})
    rig.start(plan(("heat", 40_000, 1200)))
    rig.ticks(100)
    again = Rig(rig.board.store)
    assert again.result("set_clock", {"unix_s": LONG_AGO + 1199})["credited_s"] <= 1199
    assert again.error("arm", {"plan": HEAT})["code"] == 4


@pytest.mark.requirement("SR-05")
def test_the_refusal_says_whether_a_clock_proved_the_time() -> None:
    for clock in (False, True):
        rig = Rig()
        if clock:
            rig.result("set_clock", {"unix_s": LONG_AGO})
        rig.start(plan(("heat", 40_000, 600)))
        rig.ticks(720)
        rig.result("stop")
        data = rig.error("arm", {"plan": HEAT})["data"]
        assert data["clock"] == clock
        assert data["after"] == "heat"


@pytest.mark.requirement("SR-05")
def test_rest_goes_on_by_powered_time_across_restarts() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 600)))
    rig.ticks(720)
    rig.result("stop")
    rig.tick()
    rest_s = rig.result("status")["rest_heat_s"]
    rig.tick()
    for _ in range(5):
        rig = Rig(rig.board.store)
        assert rest_s - 30 < rig.result("status")["rest_heat_s"] <= rest_s


@pytest.mark.requirement("SR-05")
def test_rest_counts_from_the_last_heated_second_of_the_session() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 60), ("rest", None, 60)))
    rig.until("idle", 1400)
    assert rig.events("complete")
    assert L.rest_after_heat_s - 65 <= rig.result("status")["rest_heat_s"]
    assert rig.result("status")["rest_heat_s"] <= L.rest_after_heat_s - 59


# --- the file, the blocks and the clock, number by number -------------------------------------


def _kept(journal: Journal) -> dict[str, object]:
    return {
        name: getattr(journal, name)
        for name in (
            "era", "session", "next_n", "tail", "fault", "budget_uj", "operations", "intent",
            "pack_lowest_mc", "saved_s",
        )
    } | {"ledger": journal.ledger.dump()}  # fmt: skip


BLANK = {
    "era": 0, "session": 0, "next_n": 1, "tail": [], "fault": None, "budget_uj": 12_000_000,
    "operations": 0, "intent": None, "pack_lowest_mc": None, "saved_s": 0,
    "ledger": [0, -86_400, -86_400, []],
}  # fmt: skip


def test_a_journal_before_it_is_loaded_is_blank() -> None:
    journal = Journal(RigStore(), Ledger(L), L)
    assert _kept(journal) == BLANK
    assert journal.unix_s() is None
    assert not journal.clock_proven()


def test_a_new_devices_journal_has_its_era_and_nothing_else() -> None:
    journal = Journal(RigStore(), Ledger(L), L)
    assert journal.load(77) == NEW == 1
    assert _kept(journal) == BLANK | {"era": 77}


def test_all_that_is_kept_comes_back() -> None:
    store = RigStore()
    journal = Journal(store, Ledger(L), L)
    journal.load(77)
    journal.ledger.credit(1_000)
    journal.ledger.add(60, 30, 900, True)
    journal.add(session_entry(3, "p"))
    journal.session, journal.fault = 3, "loop_late"
    journal.budget_uj, journal.operations = 5_000_000, 42
    journal.save()
    assert journal.saved_s == 1_000
    again = Journal(store, Ledger(L), L)
    assert again.load(78) == LOADED == 0
    assert _kept(again) == BLANK | {
        "era": 77,
        "session": 3,
        "next_n": 2,
        "tail": [session_entry(3, "p") | {"n": 1}],
        "fault": "loop_late",
        "budget_uj": 5_000_000,
        "operations": 42,
        "saved_s": 1_000,
        "ledger": [1_000, 1_000, 1_000, [[1_000, 60, 30, 900]]],
    }


def test_of_a_lost_journal_nothing_that_could_be_read_is_believed() -> None:
    store = RigStore()
    journal = Journal(store, Ledger(L), L)
    journal.load(77)
    journal.ledger.credit(1_000)
    journal.add(session_entry(3, "p"))
    journal.session, journal.fault, journal.operations = 3, "loop_late", 42
    journal.save()
    kept = json.loads(messages.unseal(store.files["journal"]) or b"")
    del kept["owed_s"]
    store.files["journal"] = messages.seal(json.dumps(kept).encode())
    again = Journal(store, Ledger(L), L)
    assert again.load(78) == LOST == 2
    assert _kept(again) == BLANK | {
        "era": 78,
        "budget_uj": 0,
        "ledger": [0, 0, 0, [[0, 1_800, 1_200, 9_000]]],
    }


def test_a_lost_journal_is_counted_by_the_widest_limits() -> None:
    store = RigStore()
    store.files["journal"] = b"?"
    narrow = Limits().under(False, False)
    narrow.cold_session_s = narrow.dose_session_m = 1
    journal = Journal(store, Ledger(narrow), narrow)
    assert journal.load(1) == LOST
    _expect_maximal(journal.ledger)


def test_entries_are_numbered_from_one_and_moved_out_by_eight() -> None:
    store = RigStore()
    journal, _ = _journal(store)
    for number in range(1, 82):
        journal.add({"kind": "config"})
        assert journal.tail[-1]["n"] == number
        assert len(journal.tail) == (number - 1) % 8 + 1
    # The tenth block has taken the place of the first.
    assert sorted(store.files) == [f"log{block}" for block in range(9)]
    era, block = json.loads(messages.unseal(store.files["log0"]) or b"")
    assert (era, [entry["n"] for entry in block]) == (1, list(range(73, 81)))


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 16, 17, 63, 64, 65, 72, 73, 74, 80, 81, 100, 145])
def test_a_page_is_what_follows_and_no_more(count: int) -> None:
    journal, _ = _journal(RigStore())
    for _ in range(count):
        journal.add({"kind": "config"})
    oldest_n = max(1, (count - 1) // 8 * 8 + 1 - 64)
    for after in (*range(count + 3), 1 << 30):
        following = list(range(max(after + 1, oldest_n), count + 1))
        for limit in (1, 2, 7, 8, 9, 64):
            found = [entry["n"] for entry in journal.entries(after, limit)]
            assert found == following[:limit], (after, limit)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    "block",
    [
        lambda entries: [2, entries],  # of another era
        lambda entries: [0, entries],
        lambda entries: [1, [entry | {"n": entry["n"] + 8} for entry in entries]],
        lambda entries: [1, [entry | {"n": entry["n"] - 8} for entry in entries]],
        lambda entries: [1, [entry | {"n": entry["n"] + 72} for entry in entries]],
        lambda entries: [1, []],
        lambda entries: [1],
        lambda entries: {},
    ],
)
def test_a_block_that_is_not_the_one_is_left_out(number: int, block: object) -> None:
    store = RigStore()
    journal, _ = _journal(store)
    for _ in range(18):
        journal.add({"kind": "config"})
    name = f"log{number}"
    _, entries = json.loads(messages.unseal(store.files[name]) or b"")
    store.files[name] = messages.seal(json.dumps(block(entries)).encode())  # type: ignore[operator]
    lost = set(range(8 * number + 1, 8 * number + 9))
    found = [entry["n"] for entry in journal.entries(0, 64)]
    assert found == [n for n in range(1, 19) if n not in lost]
    del store.files[name]
    assert [entry["n"] for entry in journal.entries(0, 64)] == found


def test_a_session_begins_with_its_number_and_is_kept_as_intended() -> None:
    store = RigStore()
    journal, _ = _journal(store)
    assert journal.begin({"plan": "p", "heat_s": 60}) == 1
    assert journal.intent == {"plan": "p", "heat_s": 60, "session": 1, "unix_s": None}
    assert (journal.session, store.saves) == (1, 1)
    journal.intent = None
    journal.set_clock(LONG_AGO)
    journal.ledger.credit(5)
    assert journal.begin({"plan": "q"}) == 2
    assert journal.intent == {"plan": "q", "session": 2, "unix_s": LONG_AGO + 5}


@pytest.mark.requirement("SR-05")
def test_a_session_that_could_not_be_kept_never_began() -> None:
    store = RigStore()
    journal, _ = _journal(store)
    journal.set_clock(LONG_AGO)
    again, _ = _journal(store)
    again.session = 7
    store.fail = True
    with pytest.raises(OSError, match="28"):
        again.begin({"plan": "p"})
    assert (again.session, again.intent) == (7, None)
    store.fail = False
    # The stamp before it still holds.
    assert again.set_clock(LONG_AGO + 600) == 600


@pytest.mark.requirement("SR-05", "SR-06")
@pytest.mark.parametrize(
    ("intent", "heat_s", "cold_s", "dose_m"),
    [
        ({"heat_s": 1, "cold_s": 2, "dose_max_m": 9_000}, 1, 2, 17),
        ({"heat_s": 3, "cold_s": 0, "dose_max_m": 9_000}, 3, 0, 50),
        ({"heat_s": 60, "cold_s": 0, "dose_max_m": 9_000}, 60, 0, 1_000),
        ({"heat_s": 61, "cold_s": 0, "dose_max_m": 9_000}, 61, 0, 1_017),
        ({"heat_s": 540, "cold_s": 0, "dose_max_m": 8_999}, 540, 0, 8_999),
        ({"heat_s": 540, "cold_s": 0, "dose_max_m": 9_000}, 540, 0, 9_000),
        ({"heat_s": "x", "cold_s": None, "dose_max_m": []}, 0, 0, 0),
        ({}, 0, 0, 0),
    ],
)
def test_an_interrupted_session_is_entered_as_intended(
    intent: dict[str, object], heat_s: int, cold_s: int, dose_m: int
) -> None:
    store = RigStore()
    journal, _ = _journal(store)
    journal.set_clock(LONG_AGO)
    journal.begin(intent | {"plan": "p", "by_hand": False})
    again = Journal(store, Ledger(L), L)
    assert again.load(9) == INTERRUPTED == 3
    assert (again.intent, again.budget_uj, again.pack_lowest_mc) == (None, 0, None)
    assert again.ledger.dump()[3] == [[0, heat_s, cold_s, dose_m]]
    assert again.ledger.heat_end_s == (0 if heat_s else -86_400)
    assert again.tail == [
        {
            "n": 1,
            "kind": "session",
            "session": 1,
            "plan": "p",
            "outcome": "power_lost",
            "reason": None,
            "heat_s": heat_s,
            "cold_s": cold_s,
            "dose_m": dose_m,
            "peak_mc": None,
            "min_mc": None,
            "heat_operations": 0,
            "t_ms": 0,
            "unix_s": LONG_AGO,
        }
    ]


@pytest.mark.requirement("SR-23")
@pytest.mark.parametrize(
    ("by_hand", "lowest_mc"), [(True, 12_000), (False, None), (1, None), (None, None)]
)
def test_a_pack_laid_by_hand_may_still_lie_there(by_hand: object, lowest_mc: int | None) -> None:
    store = RigStore()
    journal, _ = _journal(store)
    journal.begin({"cold_s": 60, "by_hand": by_hand})
    again, _ = _journal(store)
    assert again.pack_lowest_mc == lowest_mc
    again.save()
    third, loaded = _journal(store)
    assert (third.pack_lowest_mc, loaded) == (lowest_mc, LOADED)


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize(
    ("later_s", "credited_s"),
    [
        (0, 0),
        (99, 0),
        (100, 0),
        (101, 1),
        (100 + 365 * 86_400, 365 * 86_400),
        (101 + 365 * 86_400, 365 * 86_400),
    ],
)
@pytest.mark.parametrize("after_power", [True, False])
def test_what_is_credited_is_what_the_clock_moved_less_what_was_counted(
    later_s: int, credited_s: int, after_power: bool
) -> None:
    store = RigStore()
    journal, _ = _journal(store)
    journal.ledger.credit(40)
    assert journal.set_clock(LONG_AGO) == 0
    again, _ = _journal(store)
    assert again.ledger.now_s == 40
    again.ledger.credit(100)
    credited_s = credited_s if after_power else 0
    saves = store.saves
    assert again.set_clock(LONG_AGO + later_s, after_power) == credited_s
    assert again.ledger.now_s == 140 + credited_s
    assert again.clock_proven()
    assert again.unix_s() == LONG_AGO + later_s
    assert store.saves == saves + 1
    again.ledger.credit(3)
    assert again.unix_s() == LONG_AGO + later_s + 3
    assert again.set_clock(LONG_AGO + 1_000_000) == 0
    assert again.unix_s() == LONG_AGO + later_s + 3


@pytest.mark.requirement("SR-05")
def test_a_power_up_is_what_a_clock_credits_for_where_nothing_else_is_said() -> None:
    store = RigStore()
    _journal(store)[0].set_clock(LONG_AGO)
    assert _journal(store)[0].set_clock(LONG_AGO + 9) == 9


@pytest.mark.requirement("SR-05")
def test_an_interrupted_session_may_have_lasted_as_long_as_one_can() -> None:
    store = RigStore()
    journal, _ = _journal(store)
    journal.set_clock(LONG_AGO)
    journal.begin({"heat_s": 60})
    for later_s, credited_s in ((2_399, 0), (2_400, 0), (2_401, 1)):
        cut = RigStore()
        cut.files = dict(store.files)
        again, _ = _journal(cut)
        again.save()
        third, _ = _journal(cut)  # what is owed outlasts another power cut
        assert third.set_clock(LONG_AGO + later_s) == credited_s
        # The clock is the new stamp; nothing is owed to it.
        assert _journal(cut)[0].set_clock(LONG_AGO + later_s + 10) == 10


@pytest.mark.requirement("SR-05", "SR-23")
def test_while_a_pack_lies_there_no_clock_is_credited() -> None:
    store = RigStore()
    journal, _ = _journal(store)
    journal.set_clock(LONG_AGO)
    journal.pack_lowest_mc = 9_000
    journal.save()
    again, _ = _journal(store)
    assert again.pack_lowest_mc == 9_000
    assert again.set_clock(LONG_AGO + 600) == 0


@pytest.mark.requirement("SR-05")
def test_a_clock_behind_the_stamp_is_not_taken_and_not_kept() -> None:
    store = RigStore()
    _journal(store)[0].set_clock(LONG_AGO)
    saves = store.saves
    again, _ = _journal(store)
    assert again.set_clock(LONG_AGO - 1) == 0
    assert not again.clock_proven()
    assert store.saves == saves


def test_an_entry_of_a_session_begins_with_nothing_filled_in() -> None:
    assert session_entry(7, "p") == {
        "n": 0,
        "kind": "session",
        "session": 7,
        "plan": "p",
        "outcome": "stopped",
        "reason": None,
        "heat_s": 0,
        "cold_s": 0,
        "dose_m": 0,
        "peak_mc": None,
        "min_mc": None,
        "heat_operations": 0,
        "t_ms": 0,
        "unix_s": None,
    }


@pytest.mark.requirement("SR-05")
def test_what_a_clock_moved_is_a_difference_however_far() -> None:
    store = RigStore()
    _journal(store)[0].set_clock(100)
    assert _journal(store)[0].set_clock(350) == 250
