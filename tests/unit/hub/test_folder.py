"""The data folder: made once, read by its own account only."""

from pathlib import Path

import pytest

from hanse.hub import folder
from hanse.hub.folder import FolderRefused


def make(path: Path, seed: int = 1) -> folder.Keys:
    return folder.make(path, "hub.test/log", bytes([seed]) * 32, bytes([seed + 1]) * 32)


def test_keys_are_made_once_and_kept(tmp_path: Path):
    first = make(tmp_path / "hub", 1)
    again = make(tmp_path / "hub", 7)

    assert again.signer == first.signer
    assert again.secret.derive("x") == first.secret.derive("x")


def test_nobody_else_may_read_them(tmp_path: Path):
    make(tmp_path / "hub")

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {"hub": 0o700, "hub.key": 0o600, "hub.secret": 0o600}


@pytest.mark.parametrize("name", ["", "hub.key", "hub.secret"])
def test_what_others_may_read_is_refused(tmp_path: Path, name: str):
    make(tmp_path / "hub")
    (tmp_path / "hub" / name).chmod(0o750)

    with pytest.raises(FolderRefused, match="chmod go-rwx"):
        folder.read(tmp_path / "hub")


@pytest.mark.parametrize("name", ["hub.key", "hub.secret"])
def test_a_damaged_key_is_said_to_be_one_and_not_shown(tmp_path: Path, name: str):
    make(tmp_path / "hub")
    (tmp_path / "hub" / name).write_text("damaged by somebody")

    with pytest.raises(FolderRefused) as refused:
        folder.read(tmp_path / "hub")

    assert "damaged by somebody" not in refused.value.message


def test_without_keys_there_is_no_hub(tmp_path: Path):
    with pytest.raises(FolderRefused, match="hanse hub init"):
        folder.read(tmp_path)
