"""What a stranger starts from: Makefile, requirements, lock files, image, compose, CI."""

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PINNED_IMAGE = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
BUILDS = {"torch", "torchvision", "triton"}  # and what starts with nvidia- or cuda-


def read(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def requirements(name: str) -> dict[str, Requirement]:
    """Name -> requirement, of a file and those that it includes."""
    found: dict[str, Requirement] = {}
    for line in read(name).splitlines():
        if line.startswith("-r "):
            found |= requirements(line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            required = Requirement(line)
            found[required.name] = required
    return found


def locked(name: str) -> dict[str, str]:
    """Name -> exact version, of a lock file."""
    return dict(re.findall(r"^([a-z0-9-]+)==([\w.]+)", read("deploy", name), re.M))


# --- requirements and lock files -------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-cluster.txt", "tests/requirements.txt"]
)
def test_every_requirement_has_a_lower_and_an_upper_bound(name: str) -> None:
    text = read(name)
    for line in re.findall(r"^\w.*", text, re.M):
        operators = {specifier.operator for specifier in Requirement(line).specifier}
        assert operators in ({">=", "<"}, {"~="}), line


@pytest.mark.parametrize("name", ["requirements", "requirements-cluster"])
def test_the_lock_file_satisfies_the_requirements(name: str) -> None:
    versions = locked(f"{name}.lock") | locked("torch-gpu.lock")
    wanted = requirements("requirements.txt") | requirements(f"{name}.txt")
    missing = [
        str(required)
        for required in wanted.values()
        if not required.specifier.contains(versions.get(required.name, "0"))
    ]
    assert not missing, "run make lock"


def test_lock_files_agree_about_versions() -> None:
    app, cluster = locked("requirements.lock"), locked("requirements-cluster.lock")
    gpu, cpu = locked("torch-gpu.lock"), locked("torch-cpu.lock")
    assert app.items() <= cluster.items()
    assert set(cpu) == {"torch", "torchvision"} and cpu.items() <= gpu.items()
    assert all(gpu[name] == cluster[name] for name in gpu.keys() & cluster.keys())
    builds = {n for n in gpu if n in BUILDS or n.startswith(("nvidia-", "cuda-"))}
    assert builds >= BUILDS and not builds & cluster.keys()
    # The image installs without resolving: what torch needs beside CUDA is in the others.
    assert gpu.keys() - builds <= app.keys()


@pytest.mark.parametrize("path", sorted(DEPLOY.glob("*.lock")), ids=lambda p: p.name)
def test_a_lock_file_has_hashes_and_names_no_index_but_pytorchs(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"\w+://[^\s\\]+", text)) <= {CPU_INDEX}
    pins = re.findall(
        r"^[a-z0-9-]+==\S+( \\\n +--hash=sha256:[0-9a-f]{64})?", text, re.M
    )
    # PyTorch's own index may be out of reach where the lock is made: all or nothing.
    assert all(pins) or (path.name == "torch-cpu.lock" and not any(pins))


# --- image and compose -----------------------------------------------------------------


def test_the_image_gets_all_that_the_app_needs_and_no_secret() -> None:
    lines = read("deploy", "Dockerfile.dockerignore").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"  # what is not named stays out
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    assert let_in == {
        *("app.py", "pages", "ssl_core", "assets", "checkpoints"),
        *(".streamlit/config.toml", "deploy/*.lock", "LICENSE"),
    }
    assert all(list(ROOT.glob(name)) for name in let_in)


def compose(name: str) -> dict[str, Any]:
    return yaml.safe_load(read("deploy", name))


def test_images_are_pinned_by_tag_and_digest() -> None:
    bases = re.findall(r"^FROM (\S+)", read("deploy", "Dockerfile"), re.M)
    services = compose("compose.yaml")["services"].values()
    images = [service["image"] for service in services if "build" not in service]
    assert len(bases) == 1 and len(images) == 2
    assert all(map(PINNED_IMAGE.fullmatch, bases + images))


@pytest.mark.parametrize("name", ["compose.yaml", "compose.gpu.yaml"])
def test_compose_gives_the_image_arguments_that_it_has(name: str) -> None:
    known = dict(re.findall(r"^ARG (\w+)=(\S+)", read("deploy", "Dockerfile"), re.M))
    given = compose(name)["services"]["app"]["build"]["args"]
    assert given.keys() <= known.keys()
    arguments = known | given
    assert (DEPLOY / f"torch-{arguments['BUILD']}.lock").exists()
    assert (DEPLOY / f"{arguments['REQUIREMENTS']}.lock").exists()


def test_each_service_waits_until_the_one_it_needs_is_healthy() -> None:
    services = compose("compose.yaml")["services"]
    waits = {
        name: {other: how["condition"] for other, how in service["depends_on"].items()}
        for name, service in services.items()
        if "depends_on" in service
    }
    healthy = "service_healthy"
    assert waits == {"app": {"database": healthy}, "balancer": {"app": healthy}}
    assert "healthcheck" in services["database"]
    assert "HEALTHCHECK" in read("deploy", "Dockerfile")


def test_what_has_to_last_is_in_named_volumes() -> None:
    content = compose("compose.yaml")
    mounts = [v for s in content["services"].values() for v in s.get("volumes", [])]
    named = {mount.partition(":")[0] for mount in mounts if mount[0] not in "./"}
    assert named == set(content["volumes"]) == {"certificates", "progress"}
    readme = read("deploy", "README.md")
    assert all(f"{content['name']}_{volume}" in readme for volume in named)


# --- the workflow ----------------------------------------------------------------------


def test_the_workflow_pins_its_actions_and_runs_targets_that_exist() -> None:
    jobs = yaml.safe_load(read(".github", "workflows", "ci.yml"))["jobs"]
    assert {"test", "docker", "audit", "streamlit-latest"} <= jobs.keys()
    steps = [step for job in jobs.values() for step in job["steps"]]
    actions = [step["uses"] for step in steps if "uses" in step]
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", a) for a in actions)
    commands = "\n".join(step.get("run", "") for step in steps)
    asked = set(re.findall(r"\bmake ([\w-]+)", commands))
    asked |= set(jobs["test"]["strategy"]["matrix"]["target"])
    assert {"test", "test-slow", "audit"} <= asked <= targets()


def targets() -> set[str]:
    return set(re.findall(r"^([\w-]+):", read("Makefile"), re.M))


def test_ci_runs_all_tests() -> None:
    assert "make --keep-going test-all" in read(".ci", "run")
    assert re.search(r"^test-all: test test-slow$", read("Makefile"), re.M)


# --- the Makefile ----------------------------------------------------------------------


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make with this repository's Makefile in another folder."""
    # What a make that runs these tests hands down would change the one under test.
    inherited = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "GPU", "TORCH_INDEX"}
    return subprocess.run(
        ["make", "-f", ROOT / "Makefile", "-C", folder, *arguments],
        env={k: v for k, v in os.environ.items() if k not in inherited},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def python_that(folder: Path, says: str) -> Path:
    """A program that answers ``--version``, and fails at whatever else it is asked."""
    program = folder / "python"
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{says}" || exit 1\n')
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ("", "Python 3.11 or newer is needed; there is no {python} here."),
        (
            "Python 3.9.2",
            "Python 3.11 or newer is needed, and {python} is Python 3.9.2: ",
        ),
    ],
    ids=["missing", "too old"],
)
def test_a_python_that_does_not_do_is_named_in_one_line(
    tmp_path: Path, says: str, message: str
) -> None:
    python = python_that(tmp_path, says) if says else tmp_path / "python"
    ended = make(ROOT, "setup", f"VENV={tmp_path / 'venv'}", f"PYTHON={python}")
    assert ended.returncode != 0
    told = [line for line in ended.stderr.splitlines() if not line.startswith("make")]
    assert len(told) == 1 and told[0].startswith(message.format(python=python))
    assert not (tmp_path / "venv").exists()


def test_clean_keeps_the_runs_and_clean_data_says_that_it_removes_them(
    tmp_path: Path,
) -> None:
    run, python = tmp_path / ".runs" / "run.json", tmp_path / ".venv" / "bin" / "python"
    for path in (run, python):
        path.parent.mkdir(parents=True)
        path.touch()
    assert make(tmp_path, "clean").returncode == 0
    assert run.exists() and not python.exists()
    ended = make(tmp_path, "clean-data")
    assert ended.returncode == 0 and "Removing .runs" in ended.stdout
    assert not run.exists()


@pytest.mark.parametrize(
    ("options", "index"),
    [((), CPU_INDEX), (("GPU=1",), ""), (("GPU=0",), CPU_INDEX)],
)
def test_only_gpu_1_leaves_the_cpu_index_out(
    tmp_path: Path, options: tuple[str, ...], index: str
) -> None:
    shown = make(ROOT, "--dry-run", "setup", f"VENV={tmp_path}", *options).stdout
    gpu = options[0].removeprefix("GPU=") if options else ""
    assert f'install_torch.py --gpu "{gpu}" --index "{index}"' in shown


# --- which build of PyTorch is installed -----------------------------------------------


def wheel(index: Path, name: str, version: str, *needs: str) -> None:
    """An empty package at an index in a folder."""
    folder = index / name
    folder.mkdir(parents=True, exist_ok=True)
    about = f"{name.replace('-', '_')}-{version}"
    kept = "".join(f"Requires-Dist: {need}\n" for need in needs)
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{kept}",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(folder / f"{about}-py3-none-any.whl", "w") as file:
        for part, text in files.items():
            file.writestr(f"{about}.dist-info/{part}", text)
    links = (f'<a href="{w.name}">{w.name}</a>' for w in folder.glob("*.whl"))
    (folder / "index.html").write_text("\n".join(links))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has two builds")
def test_the_build_of_pytorch_follows_the_switch(tmp_path: Path) -> None:
    plain, cpu, half = (tmp_path / name for name in ("plain", "cpu", "half"))
    for torch, vision in (("2.13.0", "0.28.0"), ("2.14.1", "0.29.1")):
        wheel(plain, "torch", torch, "nvidia-cublas")
        wheel(plain, "torchvision", vision, f"torch=={torch}")
        wheel(cpu, "torch", f"{torch}+cpu")
        wheel(cpu, "torchvision", f"{vision}+cpu", f"torch=={torch}")
    wheel(plain, "nvidia-cublas", "13.0")
    wheel(plain, "torch", "2.15.0", "nvidia-cublas")  # has no torchvision yet
    wheel(half, "torch", "2.14.1+cpu")  # and no torchvision that was built with it
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    ours = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    env = ours | {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": plain.as_uri()}

    def installed() -> set[str]:
        found = tmp_path.glob("venv/lib/*/site-packages/*.dist-info")
        return {folder.stem for folder in found}

    def install(gpu: str, index: Path | None) -> tuple[str, set[str]]:
        """What the script prints, and which packages are installed afterwards."""
        options = ("--gpu", gpu, "--index", index.as_uri() if index else "")
        command = [python, DEPLOY / "install_torch.py", *options]
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout, installed() - before

    before = installed()
    default = {"torch-2.14.1", "torchvision-0.29.1", "nvidia_cublas-13.0"}
    told, found = install("", tmp_path / "nowhere")
    assert told.startswith("No CPU build of PyTorch at file:") and found == default
    assert install("", cpu) == ("", default)  # an installed build is kept
    told, found = install("0", half)
    assert told.startswith("No CPU build of PyTorch at file:") and found == default
    assert install("0", cpu)[1] == {"torch-2.14.1+cpu", "torchvision-0.29.1+cpu"}
    assert install("1", None)[1] == default
