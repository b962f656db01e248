"""The command line as an operator meets it: real processes, on a data folder of its own."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from api.keys import AFTERLIFE_S
from cli.demo import _command, _to_set_first
from cli.deployment import chosen_settings
from cli.status import without_secrets
from tests.api.described import DOCUMENT

ROOT = Path(__file__).parents[2]


@pytest.fixture
def data_dir():
    folder = Path(tempfile.mkdtemp(prefix="meguri-test-"))
    yield folder
    shutil.rmtree(folder)


def meguri(*words: str, **settings: object) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MEGURI_")}
    ours = {f"MEGURI_{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**outside, **ours},
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("", ""),
        (
            "postgresql://app:hunter2@db.example:5433/meguri",
            "postgresql://app@db.example:5433/meguri",
        ),
        ("postgresql://app:hunter2@/meguri?host=/run/x", "postgresql://app@/meguri?host=/run/x"),
        ("postgresql://app@db/meguri?password=hunter2", "postgresql://app@db/meguri"),
        ("unix://:hunter2@/run/valkey.sock", "unix:///run/valkey.sock"),
        ("redis://:hunter2@cache.example/0", "redis://cache.example/0"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url, shown):
    assert without_secrets(url) == shown


def test_status_starts_nothing(data_dir):
    told = meguri("status", environment="demo", data_dir=data_dir / "none")
    assert told.returncode == 0
    assert told.stdout.count("not running") == 4
    assert not (data_dir / "none").exists()


def test_stop_without_servers_is_fine(data_dir):
    told = meguri("stop", environment="demo", data_dir=data_dir / "none")
    assert (told.returncode, told.stdout) == (0, "Nothing was running.\n")
    assert not (data_dir / "none").exists()


def test_production_without_keys_is_refused_in_one_line():
    told = meguri("status")
    assert told.returncode == 2
    assert told.stderr.startswith("meguri: MEGURI_KEYS_FILE must be set")
    assert told.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "said",
    [
        {"environment": "production", "keys_file": "/run/keys.json"},
        {"keys_file": "/run/keys.json"},
        {"database_url": "postgresql://app@db.example/meguri", "keys_file": "/run/keys.json"},
    ],
)
def test_a_demo_is_not_for_production(data_dir, said):
    told = meguri("demo", data_dir=data_dir, **said)
    assert told.returncode == 2
    assert "not for production" in told.stderr


def test_a_demo_of_a_machine_that_says_nothing_is_one_and_needs_no_variable(data_dir):
    in_the_way = data_dir / "file"
    in_the_way.touch()
    told = meguri("demo", "--residents", "2", "--payments", "1", data_dir=in_the_way)
    assert told.returncode == 1
    assert f"The demo cannot go on: the data folder {in_the_way} cannot be made" in told.stdout


def test_migrating_twice_is_migrating_once_and_the_books_verify(data_dir):
    for _ in range(2):
        assert meguri("migrate", environment="demo", data_dir=data_dir).stderr == ""
    told = meguri("verify", environment="demo", data_dir=data_dir)
    assert (told.returncode, told.stderr) == (0, "")
    assert (data_dir / "postgres").is_dir()
    assert "not running" in meguri("status", environment="demo", data_dir=data_dir).stdout


def test_a_database_that_cannot_be_migrated_is_said_in_one_line(data_dir):
    url = "postgresql://meguri:hunter2@127.0.0.1:1/meguri"
    told = meguri("migrate", environment="demo", data_dir=data_dir, database_url=url)
    assert told.returncode == 1
    assert told.stderr.startswith("meguri: the database could not be migrated: ")
    assert told.stderr.count("\n") == 1
    assert "hunter2" not in told.stderr


def test_who_cannot_look_at_the_books_does_not_say_that_they_are_wrong(data_dir):
    settings = {"environment": "demo", "data_dir": data_dir, "redis_url": "redis://127.0.0.1:1/0"}
    away = "postgresql://meguri:hunter2@127.0.0.1:1/meguri"
    for command in ("verify", "sales"):
        for url, why in ((away, "database-unavailable"), ("", "is not migrated: run `meguri mig")):
            told = meguri(command, **settings, database_url=url)
            assert (told.returncode, told.stdout) == (2, ""), told.stderr
            assert told.stderr.count("\n") == 1
            assert why in told.stderr
            assert "hunter2" not in told.stderr


def test_keys_are_made_once_and_rotated_when_asked(data_dir):
    settings = {"keys_file": data_dir / "keys.json", "data_dir": data_dir}
    made = meguri("keys", **settings)
    assert made.stdout.startswith("Made")
    assert "the vault's key is not made" in made.stderr
    assert "there already" in meguri("keys", **settings).stdout
    before = (data_dir / "keys.json").read_text()
    assert meguri("keys", "--rotate", **settings).stdout.startswith("Rotated")
    assert (data_dir / "keys.json").read_text() != before


def test_the_key_of_the_vault_is_made_once_and_never_rotated(data_dir):
    path = data_dir / "apart" / "vault-key.txt"
    settings = {
        "keys_file": data_dir / "keys.json", "data_dir": data_dir, "vault_key_file": path,
    }  # fmt: skip
    made = meguri("keys", **settings)
    assert f"Made {path}." in made.stdout
    assert made.stderr == ""
    assert f"{path}\n" in meguri("status", **settings).stdout
    before = path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    for word in ("--rotate", "--compromised"):
        assert str(path) not in meguri("keys", word, **settings).stdout
    assert path.read_text() == before


def test_production_does_not_serve_without_the_key_of_the_vault(data_dir):
    settings = {
        "keys_file": data_dir / "keys.json", "data_dir": data_dir, "environment": "production",
    }  # fmt: skip
    meguri("keys", **settings)
    url = "postgresql://meguri@127.0.0.1:1/meguri"
    more = {"database_url": url, "redis_url": "redis://127.0.0.1:1/0"}
    for path, said in ((None, "MEGURI_VAULT_KEY_FILE must be set"), ("none", "cannot be read")):
        given = {} if path is None else {"vault_key_file": data_dir / path}
        told = meguri("serve", "--patience", "0", **settings, **more, **given)
        assert (told.returncode, told.stderr.count("\n")) == (1, 1), told.stderr
        assert said in told.stderr


def test_a_rotation_says_what_becomes_of_tokens_and_so_does_an_end_of_compromised_keys(data_dir):
    settings = {"keys_file": data_dir / "keys.json", "data_dir": data_dir}
    meguri("keys", **settings)
    rotated = meguri("keys", "--rotate", **settings).stdout
    assert "live until they expire" in rotated
    begins, ends = (
        int(hours) * 60 + int(minutes)
        for hours, minutes in re.findall(r"(\d\d):(\d\d) UTC", rotated)
    )
    assert (ends - begins) % (24 * 60) == AFTERLIFE_S // 60
    replaced = meguri("keys", "--compromised", **settings).stdout
    assert "refused from now on" in replaced
    assert "Rotated" not in replaced
    both = meguri("keys", "--compromised", "--rotate", **settings).stdout
    assert "refused from now on" in both
    keys = json.loads((data_dir / "keys.json").read_text())["keys"]
    assert len(keys) == 1


def test_a_token_is_issued_or_refused_with_the_reason(data_dir):
    words = ("--sub", "0197a3b0-0000-7000-8000-000000000001", "--region", "kitamachi")
    settings = {"environment": "demo", "data_dir": data_dir}
    assert meguri("token", "resident", *words, **settings).stdout.count(".") == 2
    for face, more, told in (
        ("admin", ["--role", "king"], "approver, auditor, campaigns, city, desk, finance"),
        ("merchant", [], "accountant, clerk, manager, owner, terminal"),
        ("merchant", ["--role", "owner"], "--merchant"),
        ("resident", ["--role", "owner"], "resident has no roles"),
        ("resident", ["--scope", "pay refund"], "wallet:read, wallet:open, pay, me:read, me:write"),
    ):
        refused = meguri("token", face, *more, *words, **settings)
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
        assert told in refused.stderr


def test_a_token_of_a_region_that_is_not_there_is_issued_with_a_word(servers, place):
    settings = {"environment": "demo", "data_dir": servers.folder, "database_url": place.app_url}
    told = meguri("token", "resident", "--region", "nowhere", **settings)
    assert (told.returncode, told.stdout.count(".")) == (0, 2)
    assert "there is no region nowhere yet" in told.stderr
    operator = meguri("token", "admin", "--role", "operator", "--region", "*", **settings)
    assert (operator.returncode, operator.stderr) == (0, "")


def test_no_worker_no_sign_of_life(data_dir):
    told = meguri("alive", environment="demo", data_dir=data_dir)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == f"meguri: no worker of {data_dir} has shown a sign of life lately\n"


def test_the_openapi_document_needs_no_settings_and_is_the_same_in_every_process():
    told = meguri("openapi")
    assert json.loads(told.stdout) == json.loads(json.dumps(DOCUMENT))


def test_a_copied_command_of_the_demo_finds_the_deployment_that_it_is_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("MEGURI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MEGURI_DATA_DIR", "my data")
    monkeypatch.setenv("MEGURI_DATABASE_URL", "postgresql://somebody:secret@localhost/meguri")
    words = shlex.split(_command(chosen_settings(environment="demo")))
    assert words[:-1] == ["MEGURI_ENVIRONMENT=demo", f"MEGURI_DATA_DIR={tmp_path}/my data"]
    assert "secret" not in _to_set_first()
    assert _to_set_first() == "the same MEGURI_DATABASE_URL as here, with the password"
    monkeypatch.delenv("MEGURI_DATA_DIR")
    monkeypatch.setenv("MEGURI_DATABASE_URL", "postgresql://somebody@localhost/meguri")
    words = shlex.split(_command(chosen_settings(environment="demo")))
    url = "MEGURI_DATABASE_URL=postgresql://somebody@localhost/meguri"
    assert words[:-1] == ["MEGURI_ENVIRONMENT=demo", url]
    assert _to_set_first() == ""
    monkeypatch.delenv("MEGURI_DATABASE_URL")
    words = shlex.split(_command(chosen_settings(environment="demo")))
    assert words[:-1] == ["MEGURI_ENVIRONMENT=demo"]
