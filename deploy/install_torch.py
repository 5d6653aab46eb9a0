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
    remove_builds()
    if chosen == "cuda" or not has_choice:
        install(map(str, wanted), options.index)
    else:
        install_cpu(wanted, options.index)


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


def install_cpu(wanted: list[Requirement], index: str) -> None:
    """The newest CPU build at ``index``; pip's own index if there is none."""
    versions = {package.name: newest_cpu(package, index) for package in wanted}
    # Of torch pip takes the version that this torchvision was built with.
    if all(versions.values()):
        print(f"Installing PyTorch's CPU build from {index}", flush=True)
        install([f"torchvision=={versions['torchvision']}", "torch"], index)
    else:
        print(
            f"No CPU build of PyTorch at {index}: installing the default build, which "
            "on most machines brings CUDA along (several gigabytes)",
            flush=True,
        )
        install(map(str, wanted), "")


def newest_cpu(package: Requirement, index: str) -> str | None:
    """The newest version with the suffix ``+cpu`` that an index offers for this Python."""
    quickly = ("--timeout", "10", "--retries", "0")
    asked = [*PIP, "index", "versions", package.name, "--index-url", index, *quickly]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    offered = re.findall(r"\b\d[\d.]*\+cpu\b", told)  # newest first
    return next(filter(package.specifier.contains, offered), None)


def install(packages: Iterable[str], index: str) -> None:
    """Install packages from an index, or from pip's own."""
    where = ("--index-url", index) if index else ()
    subprocess.run([*PIP, "install", "--quiet", *where, *packages], check=True)


if __name__ == "__main__":
    main()
