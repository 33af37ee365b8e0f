"""Outputs appear whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from audit.errors import AuditError
from audit.report.atomic import write_atomically


def test_bytes_and_functions(tmp_path: Path) -> None:
    """Both kinds of content land under the name, in a folder that is made, and nothing else is left."""
    write_atomically(tmp_path / "new" / "a", b"one")
    write_atomically(tmp_path / "new" / "a", lambda file: file.writelines([b"t", b"wo"]))
    assert (tmp_path / "new" / "a").read_bytes() == b"two"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_interrupted_writing_leaves_the_old_file(tmp_path: Path, fault: type[BaseException]) -> None:
    """Ctrl-C in the middle: the old content stays and no partial file is left."""

    def broken(file: BinaryIO) -> None:
        file.write(b"half")
        raise fault

    target = tmp_path / "a"
    target.write_bytes(b"old")
    with pytest.raises(fault):
        write_atomically(target, broken)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_refusal_names_the_path(tmp_path: Path) -> None:
    """A folder in the way is reported as an AuditError with the path, and stays."""
    (tmp_path / "a").mkdir()
    with pytest.raises(AuditError, match="cannot be written") as caught:
        write_atomically(tmp_path / "a", b"x")
    assert caught.value.where == str(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    """The parent being a file is the same kind of error."""
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(AuditError, match="cannot be written"):
        write_atomically(tmp_path / "a" / "b", b"x")


def test_others_may_read_it(tmp_path: Path) -> None:
    """The mode is what the umask gives a new file, not a private temporary file's."""
    (tmp_path / "plain").touch()
    write_atomically(tmp_path / "a", b"x")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_pipe_is_written_into_and_stays_one(tmp_path: Path) -> None:
    """A device or pipe under the name is no file to replace: what is written goes through it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(pipe)
    for name in ("pipe", "link"):
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        write_atomically(tmp_path / name, b"through")
        assert os.read(reader, 100) == b"through"
        os.close(reader)
        assert pipe.is_fifo()


def test_a_link_to_a_file_is_replaced(tmp_path: Path) -> None:
    """What the link points to, perhaps outside the folder, stays as it was."""
    (tmp_path / "other").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "other")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "other").read_bytes() == b"old"
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "link").read_bytes() == b"new"
