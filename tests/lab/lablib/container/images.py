# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of the containers: built once for each content of the files that describe them."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from pathlib import Path

from lablib.container.podman import PODMAN, podman
from lablib.inventory import ALPINE, is_foreign
from lablib.machine import LabError, in_parallel, locked, require, run

FOLDER = Path(__file__).parents[2] / "images"
CONTROLLER = "controller"
META = Path(__file__).parents[4] / "meta"


def builder(image: str) -> tuple[list[str], list[Path]]:
    """The command that builds an image into the file that follows, and the files that say what is in it."""
    if image == CONTROLLER:
        build = FOLDER / "build-controller"
        return [str(build)], [build, *sorted(META.glob("ee-*.txt"))]
    if image == ALPINE:
        build = FOLDER / "build-alpine"
        return [str(build)], [build]
    build = FOLDER / "build"
    return [str(build), image], [build]


def tag(image: str) -> str:
    if is_foreign(image):
        return image
    content = b"".join(path.read_bytes() for path in builder(image)[1])
    digest = hashlib.sha256(content + image.encode()).hexdigest()
    return f"localhost/meshwork-host:{image}-{digest[:12]}"


def is_built(image: str) -> bool:
    return subprocess.run([PODMAN, "image", "exists", tag(image)], check=False).returncode == 0


def ensure_image(image: str) -> None:
    with locked(f"image-{image.replace('/', '_')}"):
        if is_built(image):
            return
        if is_foreign(image):
            podman("pull", "--quiet", image)
            return
        require("mmdebstrap", "mmdebstrap")
        print(f"image {image}: building, about a minute", flush=True)
        with tempfile.TemporaryDirectory(prefix="meshwork-image-", dir="/var/tmp") as folder:
            archive = f"{folder}/root.tar"
            try:
                run(*builder(image)[0], archive)
            except LabError as error:
                raise LabError(f"image {image} was not built: {error}") from error
            podman("import", "--quiet", archive, tag(image))
        print(f"image {image}: built", flush=True)


def ensure_images(images: list[str]) -> None:
    in_parallel(ensure_image, images)
