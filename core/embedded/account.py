"""The account that the embedded servers run as: the user's own, or `_meguri` for root."""

import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SYSTEM_USER = "_meguri"

SERVERS_SEE = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"}
"""The whole environment of a server: neither our secrets nor the user's PG* variables."""


class EmbeddedError(Exception):
    """An embedded server cannot be had; the message says why, and what to do."""


@dataclass(frozen=True)
class Account:
    """An account of the operating system."""

    name: str
    uid: int
    gid: int

    def run(
        self, *command: str | Path, text: str = "", folder: Path
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this account in `folder`; its failure is told, not raised."""
        identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            identity = {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env=SERVERS_SEE,
            umask=0o077,
            **identity,
        )


def server_account() -> Account:
    """Who the servers run as. PostgreSQL refuses root, so root gets the system user `_meguri`.

    It is made when it is missing. Another existing account would do no harm to us, but whoever
    else uses that account could read our data.
    """
    try:
        entry = pwd.getpwuid(os.geteuid()) if os.geteuid() else _system_user()
    except KeyError:
        raise EmbeddedError(
            f"user {os.geteuid()} has no entry in /etc/passwd, and PostgreSQL needs one"
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _system_user() -> pwd.struct_passwd:
    told = ""
    for _ in range(10):
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            told = _make_system_user()
        time.sleep(0.1)  # somebody else may be changing the list of users
    raise EmbeddedError(
        f"root's servers need the system user {SYSTEM_USER} ({told}); "
        f"make it: useradd --system --shell /usr/sbin/nologin {SYSTEM_USER}"
    )


def _make_system_user() -> str:
    useradd = shutil.which("useradd", path=SERVERS_SEE["PATH"])
    if useradd is None:
        return "there is no useradd here"
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    made = subprocess.run(
        [useradd, *options, "--shell", "/usr/sbin/nologin", SYSTEM_USER],
        capture_output=True,
        text=True,
        check=False,
    )
    return made.stderr.strip()
