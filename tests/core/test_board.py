"""The hardware contract by itself: what a board has to bring is not there by accident."""

from __future__ import annotations

import inspect

import pytest

from poultice_core.board import Board, Store

MAY_BE_LEFT_OUT = {"show", "feed"}


def _methods(kind: type) -> list[tuple[type, str]]:
    return [(kind, name) for name, _ in inspect.getmembers(kind, inspect.isfunction)]


def test_what_a_board_runs_is_not_known_where_it_does_not_say() -> None:
    assert Board().core == ""


@pytest.mark.parametrize(("kind", "name"), _methods(Board) + _methods(Store))
def test_what_a_board_leaves_out_is_found_at_its_first_use(kind: type, name: str) -> None:
    method = getattr(kind(), name)
    values = [None] * len(inspect.signature(method).parameters)
    if name in MAY_BE_LEFT_OUT:
        assert method(*values) is None
    else:
        with pytest.raises(NotImplementedError):
            method(*values)
