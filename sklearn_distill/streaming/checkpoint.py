"""The file from which `StreamingDistiller.fit_batches` resumes after a kill."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from joblib import Parallel

from .. import __version__
from .._utils.atomic_file import write_atomically
from .._utils.fingerprint import fingerprint
from .state_file import read_state, write_state
from .stream import n_workers

# The largest share of the time that writing the file may take.
WRITING_SHARE = 0.05


class StreamCheckpoint:
    """Yield batches, and save the state of the stream between them.

    Parameters
    ----------
    path : str, path-like or None
        None saves nothing.
    distiller : StreamingDistiller
        Its stream is replaced by the saved one if the file exists.
    source : IterableBatches or ParquetBatches

    Raises
    ------
    ValueError
        If the file cannot be read, or belongs to other data or parameters.
    """

    def __init__(self, path: Any, distiller: Any, source: Any):
        self.path = None if path is None else Path(path)
        self.distiller = distiller
        self.source = source
        self.n_batches = 0
        self.last_saved = time.monotonic()
        self.cost = 0.0
        if self.path is None:
            return
        if self.path.is_dir():
            raise ValueError(
                f"checkpoint={os.fspath(path)!r} is a folder. Pass the path of a file."
            )
        if not self.path.parent.is_dir():
            raise ValueError(
                f"The directory of checkpoint={os.fspath(path)!r} does not exist. Make "
                "the directory first."
            )
        parameters = distiller.get_params()
        parameters.pop("n_jobs")
        self.key = fingerprint(__version__, parameters, source.identity)
        if self.path.exists():
            self._load(self.path)

    def _load(self, path: Path) -> None:
        """Restore the stream from the file."""
        try:
            # Open the file here, because NumPy does not close a damaged file.
            with open(path, "rb") as file:
                saved = read_state(file)
            key, n_batches, stream = saved["key"], saved["n_batches"], saved["stream"]
        except Exception as error:
            # A damaged file may raise any error in the reader.
            raise ValueError(
                f"The file {path} cannot be read as a checkpoint. It is damaged, or "
                "another kind of file. Delete it, or pass another path."
            ) from error
        if key != self.key:
            raise ValueError(
                f"The file {path} is the checkpoint of another stream, whose files, "
                "parameters or version of sklearn-distill differ. Delete it, or pass "
                "another path."
            )
        self.n_batches = n_batches
        self.distiller._seed = saved["seed"]
        self.distiller._stream.restore(stream)
        self.distiller._copy_features()

    def batches(self) -> Iterator[tuple[Any, ...]]:
        """Yield the batches that the stream does not contain yet.

        The caller counts those that it has added in `n_batches`.
        """
        yield from self.source.batches(self.n_batches)

    @contextmanager
    def saved_when_interrupted(self) -> Iterator[None]:
        """Save the state if Ctrl-C ends the block, which raises KeyboardInterrupt."""
        try:
            yield
        except KeyboardInterrupt:
            if self.path is not None:
                self.save(self.path)
            raise

    def save_at_intervals(self) -> None:
        """Save the state, unless the last time was too short ago."""
        elapsed = time.monotonic() - self.last_saved
        if self.path is None or elapsed * WRITING_SHARE < self.cost:
            return
        self.save(self.path)

    def save(self, path: Path) -> None:
        """Save the state."""
        started = time.monotonic()
        content = {
            "key": self.key,
            "n_batches": self.n_batches,
            "seed": self.distiller._seed,
            "stream": self.distiller._stream.state(),
        }
        write_atomically(path, lambda file: write_state(file, content))
        self.last_saved = time.monotonic()
        self.cost = self.last_saved - started

    def remove(self) -> None:
        """Delete the file, after all batches are distilled."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def add_batches(
    distiller: Any, checkpoint: StreamCheckpoint, pool: Parallel | None
) -> None:
    """Add the batches of a checkpoint to the stream of a StreamingDistiller.

    Parameters
    ----------
    distiller : StreamingDistiller
        A batch that raises an error leaves its stream as it was.
    checkpoint : StreamCheckpoint
    pool : Parallel or None
        The workers that distill full chunks.
    """
    with checkpoint.saved_when_interrupted():
        for batch in checkpoint.batches():
            with distiller._stream.unchanged_on_error():
                distiller._add(*batch)
                stream = distiller._stream
                if stream.n_buffered >= stream.chunk_size * n_workers(pool):
                    stream.distill_full_chunks(pool)
            checkpoint.n_batches += 1
            checkpoint.save_at_intervals()
        distiller._stream.distill_full_chunks(pool)
