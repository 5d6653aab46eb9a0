"""Decoders that crash, hang or take too much memory, as the file's content says.

Given to a sandbox in place of ``ssl_core.sandbox.tasks``, and run where that runs.
"""

import os
import signal
import time

import numpy as np

STAINED = []


def decode_picture(content: bytes, size: int) -> np.ndarray:
    return {
        b"": fine,
        b"hang": hang,
        b"spin": spin,
        b"hoard": hoard,
        b"hide": hide,
        b"crash": crash,
        b"raise": complain,
        b"shape": lambda size: np.zeros((3, size, size + 1), np.uint8),
        b"kind": lambda size: np.zeros((3, size, size), np.float64),
        b"flood": lambda size: np.zeros(16 << 20, np.uint8),
        b"words": lambda size: {"array": ["uint8", [3, size, size]]},
        b"novel": novel,
        b"stain": stain,
        b"write": write,
        b"breed": breed,
        b"unbound": unbound,
    }[content](size)


def read_checkpoint_config(content: bytes, path: str) -> object:
    return ["no config"]


def fine(size: int) -> np.ndarray:
    return np.full((3, size, size), len(STAINED), np.uint8)


def hang(size: int) -> np.ndarray:
    time.sleep(600)
    return fine(size)


def spin(size: int) -> np.ndarray:
    while True:
        pass


def hoard(size: int) -> np.ndarray:
    taken = [bytearray(10_000_000)]
    while True:
        taken.append(bytearray(10_000_000))


def hide(size: int) -> np.ndarray:
    """Report a lack of memory as a damaged file, as some decoders do."""
    try:
        return hoard(size)
    except Exception:
        raise ValueError("damaged or cut short") from None


def crash(size: int) -> np.ndarray:
    os.kill(os.getpid(), signal.SIGSEGV)
    return fine(size)


def complain(size: int) -> np.ndarray:
    raise KeyError("a fault of our own")


def novel(size: int) -> np.ndarray:
    raise ValueError("word " * 100_000)


def stain(size: int) -> np.ndarray:
    STAINED.append(size)
    return fine(size)


def write(size: int) -> np.ndarray:
    """Write to a file; without the handler the kernel's signal would end this process."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open(os.environ["STAIN"], "wb", buffering=0) as file:
        file.write(b"stain")
    return fine(size)


def breed(size: int) -> np.ndarray:
    os.fork()
    return fine(size)


def unbound(size: int) -> np.ndarray:
    """Undo what a process may undo of its limits, and stay."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    return spin(size)
