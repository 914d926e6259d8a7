# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel and the root file systems: built once for each content of their recipes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from lablib.inventory import is_foreign
from lablib.machine import LabError, UsageError, in_parallel, locked, require, run

RECIPES = Path(__file__).parents[2] / "kernel"
STORE = Path("/var/cache/meshwork-lab")
MEMORY = Path("/dev/shm")
SPACE = 3 << 30
NEEDED = {
    "mmdebstrap": "mmdebstrap",
    "gcc": "gcc libc6-dev",
    "make": "make",
    "flex": "flex",
    "bison": "bison",
    "bc": "bc",
    "xz": "xz-utils",
    "mke2fs": "e2fsprogs",
}


def kept(name: str, *recipes: str) -> Path:
    digest = hashlib.sha256(b"".join((RECIPES / recipe).read_bytes() for recipe in recipes)).hexdigest()
    return STORE / f"{name}-{digest[:12]}"


def kernel() -> Path:
    return kept("linux", "build-kernel", "config")


def root(image: str) -> Path:
    return kept(f"root-{image}", "build-root")


def ensure_images(images: list[str]) -> None:
    """The kernel and these root file systems."""
    for image in filter(is_foreign, images):
        raise UsageError(f"image {image}: hosts of the backend kernel have images that are built here")
    ensure(kernel(), "the kernel", "about five minutes", "build-kernel")
    in_parallel(lambda image: ensure(root(image), f"image {image}", "about a minute", "build-root", image), images)


def ensure(result: Path, what: str, takes: str, recipe: str, *arguments: str) -> None:
    with locked(f"image-{result.name}"):
        if result.exists():
            return
        for program, package in NEEDED.items():
            require(program, package)
        STORE.mkdir(mode=0o700, parents=True, exist_ok=True)
        print(f"{what}: building, {takes}", flush=True)
        with tempfile.TemporaryDirectory(prefix="meshwork-image-", dir=workshop()) as folder:
            made = f"{folder}/result"
            log = result.with_name(f"{result.name}.log")
            with log.open("w", encoding="utf-8") as output:
                command = [str(RECIPES / recipe), *arguments, made]
                done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
            if done.returncode != 0:
                raise LabError(f"{what} was not built, see {log}")
            unfinished = result.with_name(f"{result.name}.new")
            run("cp", "--sparse=always", made, str(unfinished))
            unfinished.rename(result)
        print(f"{what}: built", flush=True)


def workshop() -> Path:
    """Memory where there is enough of it: a root file system takes seconds there, minutes on a disk."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > SPACE else Path("/var/tmp")
