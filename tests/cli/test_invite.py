"""`meguri invite`: the first operator comes in by a code that is printed once."""

import asyncio

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from api.session_tokens import OPERATORS
from core.database import Database
from core.settings import Settings
from tests.api.staff_office import PASSWORD, Office, Person
from tests.cli.test_revoke import meguri


async def test_the_first_operator_comes_in_by_the_code(
    app: FastAPI, app_client: httpx.AsyncClient, settings: Settings, database: Database
):
    words = ("invite", "operator", "--email", "Operator@Example.jp")
    told = await asyncio.to_thread(meguri, settings, *words)
    assert told.returncode == 0, told.stderr
    star, name, secret = told.stdout.strip().split(".")
    assert star == "*"
    office = Office(app_client, database, OPERATORS)
    person = Person(office, "operator@example.jp")
    body = {"secret": secret, "name": "運用", "password": PASSWORD}
    begun = await office.post(f"invitations/{name}/acceptances", body)
    person.secret = begun.json()["totp_secret"]
    done = await office.post(
        f"enrolments/{begun.json()['enrolment_id']}/confirmations", {"totp": person.code()}
    )
    assert done.status_code == 200, done.text
    assert (await person.sign_in()).status_code == 200


async def test_a_code_can_be_written_to_the_person_instead(settings: Settings, database: Database):
    words = ("invite", "operator", "--email", "operator@example.jp", "--send")
    told = await asyncio.to_thread(meguri, settings, *words)
    assert (told.returncode, told.stderr) == (0, "")
    assert "*." not in told.stdout
    async with database.transaction(0) as db:
        rows = await db.execute(text("SELECT address, body FROM access.message"))
        [(address, body)] = rows.all()
        acts = await db.scalars(text("SELECT actor || ' ' || act FROM access.act"))
        assert list(acts) == ["command:invite invitation.made"]
    assert address == "operator@example.jp"
    assert "*." in body


async def test_what_is_no_address_is_refused(settings: Settings):
    words = ("invite", "operator", "--email", "hаnako@example.jp")  # a Cyrillic а
    told = await asyncio.to_thread(meguri, settings, *words)
    assert told.returncode == 2
    assert "hаnako" not in told.stderr
