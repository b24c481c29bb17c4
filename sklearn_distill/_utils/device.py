"""The torch device on which tensors are stored."""

# SPDX-License-Identifier: BSD-3-Clause


def resolve_device(device: str) -> str:
    """Return the name of a torch device that can be used on this machine.

    Parameters
    ----------
    device : str
        A torch device such as "cpu" or "cuda:1", which is returned unchanged, or "auto"
        for "cuda" if a GPU is available and "cpu" otherwise.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the device is not available or does not support double precision.
    """
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        # Some sums are computed in double precision, which some devices do not support.
        torch.zeros(1, device=device, dtype=torch.float64).cpu()
    except (RuntimeError, AssertionError, TypeError) as error:
        # The first line of torch's long error messages states the problem.
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(
            f"device={device!r} cannot be used on this machine: {reason}. Set "
            "device='auto' to use a GPU if one is available and the CPU otherwise."
        ) from error
    return device
