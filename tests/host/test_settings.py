"""Where things are kept, and a configuration file that is wrong is not passed over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from poultice import settings
from poultice.errors import UsageError


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("POULTICE_CONFIG", str(path))
    monkeypatch.delenv("POULTICE_DATA_DIR")
    return path


def test_no_file_is_an_empty_one(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POULTICE_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in settings.config_path().parents
    assert settings.load() == {}


@pytest.mark.parametrize("named", ["", "/here", "/here/", "relative"])
def test_the_directories_are_those_that_platformdirs_says(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import platformdirs

    for name in ("POULTICE_CONFIG", "POULTICE_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/anna")
    monkeypatch.setenv("XDG_CONFIG_HOME", named)
    monkeypatch.setenv("XDG_DATA_HOME", named)
    config = platformdirs.user_config_dir("poultice", appauthor=False)
    assert settings.config_path() == Path(config, "config.toml")
    assert settings.data_dir() == Path(platformdirs.user_data_dir("poultice", appauthor=False))


@pytest.mark.parametrize("name", ["missing.toml", "none/missing.toml", "file/missing.toml"])
def test_a_file_that_is_named_has_to_be_there(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It might have said `sensitive = true`."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("POULTICE_CONFIG", str(tmp_path / name))
    with pytest.raises(UsageError, match="is not there") as caught:
        settings.load()
    assert "POULTICE_CONFIG" in str(caught.value.hint)
    monkeypatch.setenv("POULTICE_CONFIG", "")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert settings.load() == {}


@pytest.mark.parametrize(
    ("path", "is_"),
    [
        ("~", "/home/anna"),
        ("~/x", "/home/anna/x"),
        ("serial:~/x", "serial:/home/anna/x"),
        ("/a/~/x", "/a/~/x"),
        ("./~", "./~"),
        ("sim:?state=~/x", "sim:?state=~/x"),
        ("-", "-"),
        ("", ""),
    ],
)
def test_a_tilde_is_the_home_at_the_beginning_alone(
    path: str, is_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    assert settings.expanded(path) == is_


@pytest.mark.parametrize("path", ["~nobody-of-that-name/x", "serial:~nobody-of-that-name"])
def test_a_user_that_does_not_exist_is_no_directory(path: str) -> None:
    with pytest.raises(UsageError, match="there is no user 'nobody-of-that-name'") as caught:
        settings.expanded(path)
    assert "./~nobody-of-that-name" in str(caught.value.hint)


def test_what_stands_in_it(config: Path) -> None:
    config.write_text('device = "sim:"\n[run]\nsensitive = true\n')
    assert settings.load() == {"device": "sim:", "run": {"sensitive": True}}


def test_a_byte_order_mark_is_no_key(config: Path) -> None:
    config.write_bytes(b'\xef\xbb\xbfdevice = "sim:"\n')
    assert settings.load() == {"device": "sim:"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"device = = 1", "line 1"),
        (b"\xff", "UTF-8"),
        (b"#" * 100_000, "larger than"),
        (b"a = " + b"[" * 20_000, "not valid TOML"),
    ],
)
def test_what_cannot_be_understood(config: Path, data: bytes, says: str) -> None:
    config.write_bytes(data)
    with pytest.raises(UsageError, match=says) as caught:
        settings.load()
    assert str(config) in str(caught.value)
    assert caught.value.hint


def test_a_directory_in_its_place(config: Path) -> None:
    config.mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        settings.load()


def test_a_pipe_is_not_waited_for(config: Path) -> None:
    os.mkfifo(config)
    with pytest.raises(UsageError, match="it is not a file"):
        settings.load()


def test_a_device_is_no_file_but_the_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POULTICE_CONFIG", "/dev/zero")
    with pytest.raises(UsageError, match="it is not a file"):
        settings.load()
    monkeypatch.setenv("POULTICE_CONFIG", os.devnull)
    assert settings.load() == {}


def test_data_dir_precedence(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.touch()
    assert settings.data_dir().name == "poultice"
    config.write_text('data_dir = "~/there"')
    assert settings.data_dir() == Path.home() / "there"
    config.write_text('data_dir = "/somewhere/else"')
    assert settings.data_dir() == Path("/somewhere/else")
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path))
    assert settings.data_dir() == tmp_path


def test_without_variables_the_user_s_own_directories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POULTICE_CONFIG")
    assert settings.config_path().parts[-2:] == ("poultice", "config.toml")
