"""The first calls of docs/BENEFITS.md work as they stand there."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

from campaigns.benefit_terms import BenefitTerms
from tests.api.admin_office import Office
from tests.api.resident_app import ResidentApp
from tests.town_builder import Town, new_id

PAGE = Path(__file__).parents[2] / "docs" / "BENEFITS.md"
CALL = re.compile(r"(\w+) (GET|PUT|POST) (\S+)(?: (.+))?")


async def test_the_first_calls_of_the_page_work(town: Town, app_client, token):
    office, app = Office(app_client, token), ResidentApp(app_client, town.database)
    await app.sign_in("+819012340001")
    wallet = await town.open_wallet(UUID(app.tokens["person_id"]))
    names: dict[str, str] = {"wallet": str(wallet.wallet_id)}
    told: list[Any] = []

    def named(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda m: names.setdefault(m[1], str(new_id())), text)

    [block] = re.findall(r"```\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for line in block.splitlines():
        call = CALL.fullmatch(line)
        assert call is not None, line
        who, method, path, body = call.groups()
        bearer = {"Authorization": f"Bearer {app.tokens['access_token']}"}
        headers = bearer if who == "resident" else office.headers(who)
        said = json.loads(named(body)) if body else None
        answer = await app_client.request(method, named(path), json=said, headers=headers)
        assert answer.is_success, (line, answer.text)
        told.append(answer)
        if path == "/v1/offers":
            names["offer"] = answer.json()["items"][0]["offer_id"]
    figures, letters, _, returned = told[-4:]
    assert (figures.json()["used"], figures.json()["matched"]) == (1, 1)
    assert letters.text.splitlines()[1:] == ["2,A-000002,,10000"]
    assert returned.json()["amount_yen"] == 10_000


def test_the_page_has_each_field_of_the_form():
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in BenefitTerms.model_fields if f"| `{name}` |" not in text] == []
