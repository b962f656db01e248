"""Spreadsheets have a Japanese word for each state, kind and class that there is."""

from typing import Any, get_args

import pytest

from api import words_in_sheets as words
from campaigns.benefit import BenefitState
from campaigns.form import MerchantClass
from campaigns.life import CampaignState
from campaigns.owed_by_funders import Funded
from merchants.close import MerchantState
from merchants.line_match import MatchKind
from merchants.settlement import Obstacle, SettlementState
from payments.list_bank_lines import LineState
from residents.consent import Purpose


@pytest.mark.parametrize(
    ("told", "there_are"),
    [
        (words.SETTLEMENT_STATES, SettlementState),
        (words.OBSTACLES, Obstacle),
        (words.LINE_STATES, LineState),
        (words.MATCH_KINDS, MatchKind),
        (words.CLASSES, MerchantClass),
        (words.MERCHANT_STATES, MerchantState),
        (words.PURPOSES, Purpose),
        (words.FUNDED, Funded),
        (words.CAMPAIGN_STATES, CampaignState),
        (words.BENEFIT_STATES, BenefitState),
    ],
)
def test_every_one_has_a_word_of_its_own(told: dict[str, str], there_are: Any):
    assert set(told) == set(get_args(there_are))
    assert len(set(told.values())) == len(told)
