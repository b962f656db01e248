"""The data folder of a deployment that names none: of the user who runs it."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Where the embedded servers keep their data unless MEGURI_DATA_DIR says otherwise.

    root: /var/lib/meguri, since root's home is closed to the user that the servers run as.
    Others: $XDG_DATA_HOME/meguri or ~/.local/share/meguri. Who has no home that can be written to
    gets a folder of their own under the system's temporary folder, which may not outlive a reboot.
    """
    user = os.geteuid()
    if user == 0:
        wanted = Path("/var/lib/meguri")
    else:
        share = environ.get("XDG_DATA_HOME") or Path(environ.get("HOME", "/")) / ".local/share"
        wanted = Path(share) / "meguri"
    if _can_be_made(wanted):
        return wanted
    return Path(tempfile.gettempdir()) / f"meguri-{user}"


def _can_be_made(folder: Path) -> bool:
    nearest = folder
    while not nearest.exists():
        nearest = nearest.parent
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
