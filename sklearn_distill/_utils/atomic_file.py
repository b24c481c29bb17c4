"""Files that are written either completely or not at all."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any


def write_atomically(
    path: str | os.PathLike[str], write: Callable[[IO[bytes]], Any]
) -> None:
    """Write a file that replaces `path` only once it is complete.

    If `write` raises an error, or the process is killed while it runs, an existing file
    at `path` keeps its content.

    Parameters
    ----------
    path : str or path-like
        Where the file is written. The target of a symbolic link is replaced, and the
        link itself is kept.
    write : callable
        Called with a binary file object that is opened for writing. The object belongs
        to a temporary file in the directory of `path`.

    Raises
    ------
    FileNotFoundError
        If the directory of `path` does not exist.
    """
    path = Path(path).resolve()
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"There is no directory {os.fspath(path.parent)!r}. Create it first."
        )
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(temporary, "xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
