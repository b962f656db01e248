"""Settings of a region: as they are kept, and read by processes of two versions."""

import pytest
from pydantic import ValidationError

from payments.settings import RegionSettings, stored_settings


def test_what_is_stored_is_read_again():
    chosen = RegionSettings(confirm_above_yen=5_000, wallets_per_person=3)
    assert stored_settings(chosen.model_dump()) == chosen


def test_a_setting_of_a_newer_version_is_left_aside():
    facts = RegionSettings(void_minutes=3).model_dump() | {"closed_from": "02:00"}
    assert stored_settings(facts) == RegionSettings(void_minutes=3)


def test_a_setting_that_an_administrator_misspells_is_refused():
    with pytest.raises(ValidationError, match="confirm_above"):
        RegionSettings.model_validate({"confirm_above": 5_000})
