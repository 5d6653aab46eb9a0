"""Install PyTorch into the environment that runs this file: its CPU or its CUDA build.

PyPI's Linux wheels of torch bring CUDA along, which takes gigabytes. PyTorch's own index has
CPU builds; torch and torchvision must both come from there, because torchvision's compiled
part loads only beside the torch that it was built with.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

# pip is all that a fresh environment has; it brings this parser along.
from pip._vendor.packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def main() -> None:
    """Read the options and install what they ask for, unless it is there already."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--gpu", default="", help="1: CUDA, 0: CPU, empty: keep, else CPU"
    )
    parser.add_argument("--index", default="", help="wheel index; empty is pip's own")
    options = parser.parse_args()
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line.startswith("torch")]
    has_choice = sys.platform == "linux"  # elsewhere PyPI has the CPU build only
    build = installed_build(wanted)
    chosen = {"1": "cuda", "0": "cpu", "": build or "cpu"}[options.gpu]
    if build and (build == chosen or not has_choice):
        return
    if chosen == "cpu" and has_choice:
        if vision := newest_cpu_torchvision(wanted, options.index):
            print(f"Installing PyTorch's CPU build from {options.index}", flush=True)
            remove_builds()
            # pip takes the version of torch that this torchvision was built with.
            install([f"torchvision=={vision}", "torch"], options.index)
            return
        print(
            f"No CPU build of PyTorch at {options.index}: the default build is taken, "
            "which on most machines brings CUDA along (several gigabytes)",
            flush=True,
        )
        if build:
            return
    remove_builds()
    install(map(str, wanted), options.index if chosen == "cuda" else "")


def installed_build(wanted: list[Requirement]) -> str | None:
    """``cpu`` or ``cuda``; None unless all that is wanted is installed."""
    try:
        found = {package.name: version(package.name) for package in wanted}
    except PackageNotFoundError:
        return None
    if not all(package.specifier.contains(found[package.name]) for package in wanted):
        return None
    return "cpu" if all("+cpu" in number for number in found.values()) else "cuda"


def remove_builds() -> None:
    """Uninstall torch, torchvision and the CUDA libraries that came along."""
    names = {found.metadata["Name"].lower() for found in distributions()}
    cuda = re.compile(r"torch|torchvision|triton|(nvidia|cuda)-.*")
    if gone := sorted(filter(cuda.fullmatch, names)):
        subprocess.run([*PIP, "uninstall", "--quiet", "--yes", *gone], check=True)


def newest_cpu_torchvision(wanted: list[Requirement], index: str) -> str | None:
    """The newest allowed ``+cpu`` version, if the index has CPU builds of all packages."""
    newest = None
    for package in wanted:  # torchvision is the last
        quickly = ("--timeout", "10", "--retries", "0")
        asked = [*PIP, "index", "versions", package.name, "--index-url", index]
        done = subprocess.run([*asked, *quickly], capture_output=True, text=True)
        offered = re.findall(r"\b\d[\d.]*\+cpu\b", done.stdout)  # newest first
        newest = next(filter(package.specifier.contains, offered), None)
        if newest is None:
            break
    return newest


def install(packages: Iterable[str], index: str) -> None:
    """Install packages from an index, or from pip's own."""
    where = ("--index-url", index) if index else ()
    subprocess.run([*PIP, "install", "--quiet", *where, *packages], check=True)


if __name__ == "__main__":
    main()
