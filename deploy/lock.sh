#!/bin/sh
# Writes the lock files that deploy/Dockerfile installs (Linux, x86-64, Python 3.11), with hashes:
#   sh deploy/lock.sh UV [--upgrade]
# Without --upgrade, locked versions that are still allowed are kept.
#   torch-gpu.lock             PyTorch with CUDA, and its dependencies
#   torch-cpu.lock             the same versions of torch and torchvision, built for CPUs
#   requirements.lock          all other packages of requirements.txt
#   requirements-cluster.lock  the same, and those of requirements-cluster.txt
set -eu
uv=$1
shift
cd "$(dirname "$0")/.."
cpu=https://download.pytorch.org/whl/cpu

compile() {
    "$uv" pip compile --quiet --generate-hashes --no-header --no-annotate \
        --python-version 3.11 --python-platform x86_64-manylinux_2_28 "$@" >/dev/null
}
# Names of the packages in a lock file that belong to a build of PyTorch.
build_packages() { grep -oE '^(torch|torchvision|triton|nvidia-[a-z0-9-]+|cuda-[a-z0-9-]+)==' "$1" | tr -d =; }

grep '^torch' requirements.txt | compile "$@" - -c requirements.txt -o deploy/torch-gpu.lock

# shellcheck disable=SC2046 # the names are split into one option each
set -- "$@" $(build_packages deploy/torch-gpu.lock | sed 's/^/--no-emit-package=/')
compile "$@" requirements-cluster.txt requirements.txt -c deploy/torch-gpu.lock \
    -o deploy/requirements-cluster.lock
compile "$@" requirements.txt -c deploy/torch-gpu.lock -c deploy/requirements-cluster.lock \
    -o deploy/requirements.lock

versions=$(grep -oE '^torch(vision)?==[0-9.]+' deploy/torch-gpu.lock)
if hashed=$(echo "$versions" | "$uv" pip compile --quiet --generate-hashes --no-header \
    --no-annotate --no-deps --torch-backend cpu --python-version 3.11 \
    --python-platform x86_64-manylinux_2_28 -); then
    versions=$hashed
else
    echo "$cpu gave no hashes (see above): torch-cpu.lock gets versions without hashes" >&2
fi
printf '%s\n' "--index-url $cpu" "$versions" > deploy/torch-cpu.lock
