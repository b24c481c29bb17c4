"""Files are replaced completely or not at all."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import signal
import stat
import subprocess
import sys

import pytest

from sklearn_distill._utils.atomic_file import write_atomically

posix_only = pytest.mark.skipif(os.name != "posix", reason="requires POSIX")


@pytest.fixture
def path(tmp_path):
    """The path of a file in a directory that is otherwise empty."""
    path = tmp_path / "data.bin"
    path.write_bytes(b"old")
    return path


@pytest.mark.parametrize("name", ["data.bin", "new.bin"])
def test_file_is_created_or_replaced(name, path):
    target = path.with_name(name)
    write_atomically(os.fspath(target), lambda file: file.write(b"new"))
    assert target.read_bytes() == b"new"
    assert set(os.listdir(path.parent)) == {"data.bin", name}


def test_file_object_is_binary_and_seekable(path):
    """Formats such as Parquet and torch.save seek in the file."""

    def write(file):
        assert file.mode == "xb"
        file.write(b"0123")
        file.seek(1)
        file.write(b"x")

    write_atomically(path, write)
    assert path.read_bytes() == b"0x23"


def test_existing_file_keeps_its_content_while_the_new_file_is_written(path):
    def write(file):
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"

    write_atomically(path, write)
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_error_while_writing_keeps_the_existing_file(error, path):
    def write(file):
        file.write(b"half of a ")
        raise error

    with pytest.raises(type(error)):
        write_atomically(path, write)
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == ["data.bin"]


def test_data_is_on_disk_before_the_file_is_replaced(path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: calls.append("fsync") or fsync(fd))
    monkeypatch.setattr(
        os, "replace", lambda a, b: calls.append("replace") or replace(a, b)
    )
    write_atomically(path, lambda file: file.write(b"new"))
    assert calls == ["fsync", "replace"]


def test_missing_directory_is_an_error(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"no directory '.*missing'\. Create it first"
    ):
        write_atomically(tmp_path / "missing" / "data.bin", print)
    assert os.listdir(tmp_path) == []


def test_directory_is_not_replaced(tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "data", lambda file: file.write(b"new"))
    assert os.listdir(tmp_path) == ["data"]


@posix_only
def test_symbolic_link_is_kept_and_its_target_is_replaced(path):
    link = path.with_name("link")
    link.symlink_to(path)
    write_atomically(link, lambda file: file.write(b"new"))
    assert link.is_symlink()
    assert path.read_bytes() == b"new"


@posix_only
def test_file_mode_is_that_of_an_ordinary_new_file(path):
    """The mode follows the umask, so that others may read the file if it allows it."""
    new, ordinary = path.with_name("new"), path.with_name("ordinary")
    old_umask = os.umask(0o027)
    try:
        write_atomically(new, lambda file: file.write(b"new"))
        ordinary.touch()
    finally:
        os.umask(old_umask)
    modes = [stat.S_IMODE(file.stat().st_mode) for file in (new, ordinary)]
    assert modes == [0o640, 0o640]


WRITE_HALF_AND_WAIT = """
import sys, time
from sklearn_distill._utils.atomic_file import write_atomically

def write(file):
    file.write(b"half of a ")
    file.flush()
    print("writing", flush=True)
    time.sleep(60)

write_atomically(sys.argv[1], write)
"""


@posix_only
def test_killed_process_keeps_the_existing_file(path):
    """A later write succeeds although the killed process left a temporary file."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE_HALF_AND_WAIT, os.fspath(path)],
        stdout=subprocess.PIPE,
    )
    with process.stdout:
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    [unfinished] = [p for p in path.parent.iterdir() if p != path]
    assert unfinished.name.startswith(".data.bin.")
    assert unfinished.read_bytes() == b"half of a "
    write_atomically(path, lambda file: file.write(b"new"))
    assert path.read_bytes() == b"new"
