"""Compare rendered files with the reviewed ones; `EMBERLAKE_GOLDEN=write pytest tests/unit` rewrites them."""

import os
from collections.abc import Mapping
from pathlib import Path


def check(folder: Path, files: Mapping[str, str]) -> None:
    """Assert that `folder` holds exactly `files`."""
    if os.environ.get("EMBERLAKE_GOLDEN") == "write":
        folder.mkdir(parents=True, exist_ok=True)
        for stale in set(folder.iterdir()) - {folder / name for name in files}:
            stale.unlink()
        for name, text in files.items():
            (folder / name).write_text(text)
    assert {path.name: path.read_text() for path in folder.iterdir()} == dict(files)
