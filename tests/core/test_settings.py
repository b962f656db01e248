"""Settings: what is read, what is refused, and what never shows."""

import os

import pytest
from pydantic import ValidationError

from core.data_dir import default_data_dir
from core.described import words_of
from core.settings import Settings, SettingsError, load_settings, unknown_variables

DATABASE = "postgresql://app:hunter2@db.example/meguri"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    for name in os.environ:
        if name.startswith("MEGURI_"):
            monkeypatch.delenv(name)


def test_a_demo_needs_nothing(tmp_path):
    settings = load_settings(environment="demo", data_dir=tmp_path)
    assert settings.database_url == ""
    assert settings.redis_url == ""
    assert settings.keys_file == tmp_path / "keys.json"


def test_production_is_the_default_and_has_no_secret_by_default():
    with pytest.raises(SettingsError, match="MEGURI_KEYS_FILE must be set"):
        load_settings()


def test_production_with_its_keys_is_accepted(monkeypatch, tmp_path):
    monkeypatch.setenv("MEGURI_KEYS_FILE", str(tmp_path / "keys.json"))
    assert load_settings().environment == "production"


def test_a_misspelled_variable_is_refused(monkeypatch):
    monkeypatch.setenv("MEGURI_DATABSE_URL", DATABASE)
    with pytest.raises(SettingsError, match="no setting of Meguri: MEGURI_DATABSE_URL"):
        load_settings(environment="demo")


def test_an_unknown_name_in_code_is_refused():
    with pytest.raises(SettingsError, match="MEGURI_COLOUR"):
        load_settings(environment="demo", colour="red")


def test_variables_of_others_are_none_of_our_business():
    assert unknown_variables({"PATH": "/bin", "MEGURI_ISSUER": "x", "MEGURI_X": "1"}) == [
        "MEGURI_X"
    ]


def test_settings_are_frozen():
    settings = load_settings(environment="test")
    with pytest.raises(ValidationError, match="frozen"):
        settings.issuer = "somebody else"  # type: ignore[misc]


def test_migrations_use_the_application_s_database_unless_told_otherwise():
    assert load_settings(environment="test", database_url=DATABASE).owner_database_url == DATABASE
    owner = "postgresql://owner:hunter3@db.example/meguri"
    both = load_settings(environment="test", database_url=DATABASE, owner_database_url=owner)
    assert both.owner_database_url == owner


def test_an_owner_without_a_database_is_refused():
    with pytest.raises(SettingsError, match="MEGURI_OWNER_DATABASE_URL needs"):
        load_settings(environment="test", owner_database_url=DATABASE)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("database_url", "mysql://app:hunter2@db.example/meguri"),
        ("database_url", "postgresql+asyncpg://app:hunter2@db.example/meguri"),
        ("redis_url", "http://:hunter2@cache.example"),
    ],
)
def test_a_url_of_another_kind_is_refused_without_being_shown(name, url):
    with pytest.raises(SettingsError, match=f"MEGURI_{name.upper()} must begin with") as refused:
        load_settings(environment="test", **{name: url})
    assert "hunter2" not in str(refused.value)


def test_no_secret_shows_when_settings_are_printed():
    settings = load_settings(
        environment="test",
        database_url=DATABASE,
        redis_url="redis://:hunter2@cache.example",
        top_up_providers={"bank": {"secret": "whsec_hunter2", "region": "kitamachi"}},
    )
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings)


def test_providers_come_as_json(monkeypatch):
    text = '{"bank": {"secret": "whsec_c2VjcmV0", "region": "kitamachi"}}'
    monkeypatch.setenv("MEGURI_TOP_UP_PROVIDERS", text)
    bank = load_settings(environment="test").top_up_providers["bank"]
    assert bank.region == "kitamachi"
    assert bank.secret.get_secret_value() == "whsec_c2VjcmV0"


@pytest.mark.parametrize(
    "text",
    [
        '{"bank": {"secret": "hunter2", "region"',
        '{"bank": {"secret": "hunter2"}}',
        '{"bank": {"secret": "hunter2", "region": "kitamachi", "extra": 1}}',
    ],
)
def test_malformed_providers_are_refused_without_being_shown(monkeypatch, text):
    monkeypatch.setenv("MEGURI_TOP_UP_PROVIDERS", text)
    with pytest.raises(SettingsError) as refused:
        load_settings(environment="test")
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_empty_variable_is_an_unset_one(monkeypatch):
    monkeypatch.setenv("MEGURI_DATABASE_URL", "")
    monkeypatch.setenv("MEGURI_DATABASE_POOL_SIZE", "")
    assert load_settings(environment="test").database_pool_size == 10


@pytest.mark.parametrize("size", ["0", "501", "ten"])
def test_the_pool_has_a_limit(monkeypatch, size):
    monkeypatch.setenv("MEGURI_DATABASE_POOL_SIZE", size)
    with pytest.raises(SettingsError, match="MEGURI_DATABASE_POOL_SIZE"):
        load_settings(environment="test")


def test_every_setting_says_what_it_is():
    assert words_of(Settings).keys() >= Settings.model_fields.keys()


def test_who_has_no_home_gets_a_folder_of_their_own(tmp_path):
    if os.geteuid() == 0:
        assert default_data_dir({}).name == "meguri"
    else:
        assert default_data_dir({"HOME": str(tmp_path)}) == tmp_path / ".local/share/meguri"
        assert default_data_dir({"HOME": "/proc"}).name == f"meguri-{os.geteuid()}"


PASSKEYS = {"passkey_rp_id": "example.jp", "passkey_origins": ["https://pay.example.jp"]}
CITY = {"issuer": "https://id.example.jp/realm", "client_id": "meguri", "client_secret": "s"}


def test_passkeys_and_a_provider_of_the_city_are_settings(tmp_path):
    android = "android:apk-key-hash:" + "a" * 43
    origins = {"passkey_origins": ["https://example.jp/", android]}
    settings = load_settings(
        environment="test", data_dir=tmp_path, public_url="https://api.example.jp/",
        oidc_providers={"setagaya": CITY}, **PASSKEYS | origins,
    )  # fmt: skip
    assert settings.passkey_origins == ["https://example.jp", android]
    assert settings.public_url == "https://api.example.jp"
    assert "client_secret=SecretStr('**" in repr(settings)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"passkey_rp_id": "example.jp"}, "need each other"),
        ({"passkey_origins": ["https://example.jp"]}, "need each other"),
        (PASSKEYS | {"passkey_origins": ["https://example.jp.evil.example"]}, "or below it"),
        (PASSKEYS | {"passkey_origins": ["https://evilexample.jp"]}, "or below it"),
        (PASSKEYS | {"passkey_origins": ["http://example.jp"]}, "https://"),
        (PASSKEYS | {"passkey_origins": ["https://example.jp/pay"]}, "an origin is"),
        (PASSKEYS | {"passkey_origins": ["android:apk-key-hash:short"]}, "https://"),
        ({"oidc_providers": {"setagaya": CITY}}, "needs MEGURI_PUBLIC_URL"),
        ({"oidc_providers": {"setagaya": CITY | {"issuer": "http://id.example.jp"}}}, "https://"),
        ({"oidc_providers": {"setagaya": CITY | {"issuer": "https://u@id.example.jp"}}}, "https://"),
        ({"public_url": "https://api.example.jp?x=1"}, "https://"),
    ],
)  # fmt: skip
def test_settings_of_signing_in_that_would_not_hold_are_refused(tmp_path, given, told):
    with pytest.raises(SettingsError, match=told):
        load_settings(environment="test", data_dir=tmp_path, **given)


def test_production_signs_nobody_in_without_tls(tmp_path):
    local = {"passkey_rp_id": "localhost", "passkey_origins": ["http://localhost:8000"]}
    assert load_settings(environment="test", data_dir=tmp_path, **local).passkey_rp_id
    with pytest.raises(SettingsError, match="in production every address"):
        load_settings(keys_file=tmp_path / "keys.json", **local)
