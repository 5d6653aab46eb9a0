"""Files as a learner hands them in: a folder, or a zip."""

import zipfile
from pathlib import Path

from ssl_core.data import ImageSet


def on_disk(root: Path, files: dict[str, bytes]) -> Path:
    """Write files, name -> content, into a folder, and return the folder."""
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    """Write files, name -> content, into a zip, and return the zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def reasons(data: ImageSet) -> dict[str, str]:
    """Skipped file -> why it was skipped."""
    return dict(data.skipped)
