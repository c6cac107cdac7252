"""The workflows: what they say is what a runner would do; `.ci/dry-run` does it here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40}  # v[\d.]+")


def loaded(name: str) -> dict[str, Any]:
    path = ROOT / ".github" / "workflows" / f"{name}.yml"
    workflow: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return workflow


def dry_run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, ".ci/dry-run", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_step_is_one_that_a_runner_takes(path: Path) -> None:
    """`- run: poultice doctor --device sim:` is no command but a mapping: it has to be quoted."""
    for job in loaded(path.stem)["jobs"].values():
        for step in job["steps"]:
            assert isinstance(step.get("run", step.get("uses")), str), step


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_an_action_is_the_commit_that_was_read(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    uses = [line for line in text.splitlines() if "uses:" in line]
    assert uses
    assert [line for line in uses if not PINNED.search(line)] == []


def test_only_a_tag_is_published_and_only_that_job_may_write() -> None:
    workflow = loaded("release")
    assert workflow["permissions"] == {"contents": "read"}
    jobs = workflow["jobs"]
    assert [name for name, job in jobs.items() if "permissions" in job] == ["publish"]
    assert jobs["publish"]["if"] == "github.ref_type == 'tag'"
    assert jobs["publish"]["environment"] == "release"


@pytest.mark.parametrize(
    ("tag", "heading", "passes"),
    [("v1.2.3", "1.2.3", True), ("v1.2.4", "1.2.3", False), ("v1.2.3", "Unreleased", False)],
)
def test_a_tag_that_is_not_the_version_ends_it(
    tmp_path: Path, tag: str, heading: str, passes: bool
) -> None:
    (tmp_path / "pyproject.toml").write_text('version = "1.2.3"\n', encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(f"## [{heading}] - 2026-11-30\n", encoding="utf-8")
    step = next(s for s in loaded("release")["jobs"]["build"]["steps"] if "if" in s)
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=tmp_path,
        env={**os.environ, "GITHUB_REF_NAME": tag},
        check=False,
    )
    assert (done.returncode == 0) is passes


def test_a_dry_run_has_the_jobs_commands_in_order() -> None:
    told = dry_run("release", "build", "--list").splitlines()
    assert [line for line in told if "left out" not in line] == [
        '-- git config --global --add safe.directory "$PWD"',
        "-- .ci/run",
        "-- make release",
    ]
    assert "-- left out, for tags alone: the tag is the version, and the changelog has it" in told


def test_a_dry_run_never_publishes(tmp_path: Path) -> None:
    """Not for a tag either, and where it was not told to list alone."""
    clone = tmp_path / "clone"
    assert dry_run("release", "publish", "--clone", str(clone)).splitlines() == [
        "-- left out, for tags alone: publish"
    ]
    told = dry_run("release", "publish", "--tag", "v1.2.3", "--clone", str(clone))
    assert "-- gh release create" in told
    assert "exit" not in told
    assert not clone.exists()
