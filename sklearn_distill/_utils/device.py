"""Where tensors live."""

# SPDX-License-Identifier: BSD-3-Clause


def resolve_device(device: str) -> str:
    """Return the device that `device` stands for, or raise if it is not there."""
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        # Some sums are made in double precision, which not every device has.
        torch.zeros(1, device=device, dtype=torch.float64).cpu()
    except (RuntimeError, AssertionError, TypeError) as error:
        # torch goes on for pages; its first line says what is wrong.
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(
            f"device={device!r} cannot be used here: {reason}. device='auto' takes a "
            "GPU if there is one."
        ) from error
    return device
