"""Where a run lives and in what precision it computes."""

import torch


def choose_device(name: str) -> torch.device:
    """The device of that name; ``auto`` is CUDA, then Apple's MPS, then the CPU.

    Raises:
        ValueError: if the named device is not on this machine.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(d for d, there in available.items() if there))
    if not available.get(name, False):
        there = ", ".join(d for d, ok in available.items() if ok)
        raise ValueError(f"device is {name!r}; this machine has {there}")
    return torch.device(name)


def choose_precision(name: str, device: torch.device) -> str:
    """``auto`` is bfloat16 where the hardware multiplies in it, else float32."""
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    if device.type == "cpu" and _cpu_has_bfloat16():
        return "bfloat16"
    return "float32"


def computing_in(precision: str, device: torch.device) -> torch.autocast:
    """A context in which heavy operations run in ``precision`` on ``device``."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def require_compiler(device: torch.device) -> None:
    """Refuse a device for which nothing can be compiled here, found out by trying a sum.

    Raises:
        ValueError: if it does not.
    """
    try:
        torch.compile(torch.add)(torch.zeros(2, device=device), 1)
    except RuntimeError as error:
        needed = (
            "Triton" if device.type == "cuda" else "a C++ compiler, g++ or clang++,"
        )
        raise ValueError(
            f"compiled is on, but this machine cannot compile for {device.type}; it needs "
            f"{needed} or compiled off"
        ) from error


def _cpu_has_bfloat16() -> bool:
    # Emulated bfloat16 is slower than float32; these are the instructions that are not.
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, p, lambda: False)() for p in probes)
