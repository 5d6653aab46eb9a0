"""Install the CPU or the CUDA build of PyTorch into the environment that runs this script.

On Linux, torch from PyPI depends on CUDA packages of several gigabytes. PyTorch's own index
has CPU builds. torch and torchvision must both be CPU builds, because torchvision's compiled
extension loads only with the torch that it was built for.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

# From pip, because a new environment has no other package.
from pip._vendor.packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def main() -> None:
    """Install the build that the options choose, unless it is installed already."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--gpu",
        choices=("", "0", "1"),
        default="",
        help="1: CUDA; 0: CPU; empty: the installed build, or CPU",
    )
    parser.add_argument("--index", default="", help="wheel index; empty: pip's default")
    options = parser.parse_args()
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = [Requirement(line) for line in lines if line.startswith("torch")]
    has_choice = sys.platform == "linux"  # other platforms have only the CPU build
    build, fits = installed_build(required)
    chosen = {"1": "cuda", "0": "cpu", "": build or "cpu"}[options.gpu]
    if fits and (build == chosen or not has_choice):
        return
    if chosen == "cpu" and has_choice:
        if vision := newest_cpu_torchvision(required, options.index):
            print(f"Installing PyTorch's CPU build from {options.index}", flush=True)
            remove_builds()
            # Without a version, so that pip takes the torch that this torchvision requires.
            install([f"torchvision=={vision}", "torch"], options.index)
            return
        print(
            f"No CPU build of PyTorch at {options.index}: the default build is taken, "
            "which on most machines brings CUDA along (several gigabytes)",
            flush=True,
        )
        if fits:
            return
    remove_builds()
    install(map(str, required), options.index if chosen == "cuda" else "")


def installed_build(required: list[Requirement]) -> tuple[str | None, bool]:
    """The build ("cpu" or "cuda", None if a package is missing) and whether it fits."""
    try:
        versions = {package.name: version(package.name) for package in required}
    except PackageNotFoundError:
        return None, False
    is_cpu = all("+cpu" in number for number in versions.values())
    fits = all(
        package.specifier.contains(versions[package.name]) for package in required
    )
    return "cpu" if is_cpu else "cuda", fits


def remove_builds() -> None:
    """Uninstall torch, torchvision and their CUDA libraries."""
    installed = {package.metadata["Name"].lower() for package in distributions()}
    pattern = re.compile(r"torch|torchvision|triton|(nvidia|cuda)-.*")
    if names := sorted(filter(pattern.fullmatch, installed)):
        subprocess.run([*PIP, "uninstall", "--quiet", "--yes", *names], check=True)


def newest_cpu_torchvision(required: list[Requirement], index: str) -> str | None:
    """The newest allowed CPU version; None if the index lacks one of the packages."""
    newest = None
    for package in required:  # torchvision is the last
        command = [*PIP, "index", "versions", package.name, "--index-url", index]
        limits = ("--timeout", "10", "--retries", "0")
        result = subprocess.run([*command, *limits], capture_output=True, text=True)
        versions = re.findall(r"\b\d[\d.]*\+cpu\b", result.stdout)  # newest first
        newest = next(filter(package.specifier.contains, versions), None)
        if newest is None:
            break
    return newest


def install(packages: Iterable[str], index: str) -> None:
    """Install packages from an index; "" means pip's default index."""
    source = ("--index-url", index) if index else ()
    subprocess.run([*PIP, "install", "--quiet", *source, *packages], check=True)


if __name__ == "__main__":
    main()
