"""Files that are either written completely or not at all."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


def write_atomically(
    path: str | os.PathLike[str], write: Callable[[Any], None]
) -> None:
    """Call `write` with a binary file that takes the place of `path` once complete."""
    # A link stays, and what it points to is replaced.
    path = Path(path).resolve()
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no directory {os.fspath(path.parent)!r}.")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that nobody else can read; a saved set is an ordinary one.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
