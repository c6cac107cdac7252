"""What poultice does with its extras `cluster`, `data` and `plot`: Dask, Parquet, pictures."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from poultice.campaign import executors, files, picture, spread
from poultice.campaign.summary import Rows
from poultice.cli import main
from poultice.record.store import SAMPLE_COLUMNS, History
from tests.host.recorded import opened, record
from tests.host.test_campaign import FEW, few, in_order

PACKAGES = ("distributed", "matplotlib", "pyarrow")
MISSING = [name for name in PACKAGES if importlib.util.find_spec(name) is None]

# Where the tier is asked for by name, a package that is missing fails its tests.
pytestmark = pytest.mark.skipif(
    bool(MISSING) and "extras" not in os.environ.get("POULTICE_REQUIRE_TIERS", "").split(),
    reason=f"not installed here: {', '.join(MISSING)}; make evidence",
)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    made = opened(tmp_path / "data")
    record(made, until_s=30, outcome="stopped", reason="button")
    return made


def test_a_dask_cluster_gives_the_same_rows(capsys: pytest.CaptureFixture[str]) -> None:
    import distributed

    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",  # with None it takes a port that another run may have
        worker_dashboard_address=None,
    ) as local:
        address = local.scheduler_address
        with executors.cluster(address) as executor:
            assert in_order(spread.rows_of(FEW, executor)) == list(few())
        args = ["campaign", "--fault", "sensor_open", "--runs", "1", "--cluster", address, "--json"]
        assert main(args) == 0
        [one] = json.loads(capsys.readouterr().out)["classes"]
        assert one["worst"] == FEW[0]


def test_a_cluster_that_does_not_answer_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["campaign", "--cluster", "nonsense://x"]) == 2
    assert "no Dask cluster answers" in capsys.readouterr().err


def test_a_parquet_file_gives_back_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    files.require(path, files.TABLES)
    assert not path.exists()
    files.write(few(), path)
    assert files.read(path) == list(few())


def test_a_column_that_is_empty_keeps_its_type(tmp_path: Path) -> None:
    from pyarrow import parquet

    path = tmp_path / "rows.parquet"
    files.write([{**few()[0], "trip_s": None, "reason": None}], path)
    schema = parquet.read_schema(path)
    assert (str(schema.field("trip_s").type), str(schema.field("reason").type)) == (
        "double",
        "string",
    )


def test_the_same_rows_make_the_same_picture(tmp_path: Path) -> None:
    path, again = tmp_path / "a.svg", tmp_path / "b.svg"
    rows = [*few(), {**few()[0], "skin_cem43": 0.5}, {**few()[0], "skin_cem43": 50.0}]
    picture.draw(Rows(rows), path)
    picture.draw(Rows(rows), again)
    assert path.read_bytes() == again.read_bytes()


def test_the_command_draws_its_rows(tmp_path: Path) -> None:
    plot = tmp_path / "dose.svg"
    args = ["campaign", "--runs", "1", "--fault", "sensor_open", "--jobs", "1"]
    assert main([*args, "--plot", str(plot)]) == 0
    assert plot.stat().st_size > 1000


def test_a_session_in_parquet(history: History) -> None:
    from pyarrow import parquet

    with contextlib.closing(sqlite3.connect(history.path)) as connection, connection:
        connection.execute("UPDATE samples SET temp_mc = 'hot', prompt = 'a' WHERE id = 3")
    assert main(["history", "export", "1", "-o", "a.parquet"]) == 0
    table = parquet.read_table("a.parquet")
    assert table.column_names == list(SAMPLE_COLUMNS)
    wanted = history.rows(1)
    wanted[2]["temp_mc"] = None
    assert table.to_pylist() == wanted
    assert str(table.schema.field("temp_mc").type) == "int64"
    assert str(table.schema.field("heat").type) == "bool"
    session = json.loads(table.schema.metadata[b"poultice"])
    assert (session["n"], session["outcome"], len(session["events"])) == (1, "stopped", 2)


def test_a_session_in_parquet_to_stdout(history: History) -> None:
    line = ["history", "export", "1", "--format", "parquet", "-o", "-"]
    ran = subprocess.run(
        [sys.executable, "-m", "poultice", *line],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout[:4], ran.stdout[-4:]) == (0, b"PAR1", b"PAR1")
