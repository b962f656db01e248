"""Documents: what is not what it says never comes in, and finance alone saves what did."""

import base64
from contextlib import AsyncExitStack

import pytest

from api import uploads
from merchants.application_documents import MOST_BYTES, type_of
from tests.api.admin_office import Office
from tests.api.application_steps import PDF, Applicant, document
from tests.api.probe import is_problem
from tests.town_builder import new_id

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 12 + b"\xff\xd9"


@pytest.fixture
async def applicant(app_client) -> Applicant:
    applicant = Applicant(app_client)
    await applicant.apply()
    return applicant


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (PDF, "application/pdf"),
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (b"", None),
        (b"<html><script>alert(1)</script>", None),
        (b"<html>%PDF-1.7\n%%EOF", None),
        (PDF + b"PK\x03\x04 an archive behind it", None),
        (b"%PDF-1.7 cut off", None),
        (PNG[:-1], None),
        (PNG + b"<script>", None),
        (JPEG + b"#!/bin/sh", None),
        (b"GIF89a", None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"MZ" + b"\x00" * 100, None),
    ],
)
def test_a_document_is_what_its_content_says(content: bytes, found: str | None):
    assert type_of(content) == found


async def test_what_is_not_what_it_says_is_refused(applicant: Applicant):
    for wrong in (
        document(PNG, "application/pdf"),
        document(PDF, "image/png"),
        document(b"<html>", "image/jpeg"),
    ):
        is_problem(await applicant.bring(wrong), 422, "document-type-wrong")
    for malformed in (document() | {"content": "%%%%"}, document(PDF, "text/html")):
        is_problem(await applicant.bring(malformed), 422, "malformed-request")


async def test_a_document_is_small_and_there_are_few(applicant: Applicant):
    whole = PDF[:9] + b"x" * (MOST_BYTES - len(PDF)) + PDF[9:]
    assert len(whole) == MOST_BYTES
    assert (await applicant.bring(document(whole))).status_code == 201
    larger = await applicant.bring(document(PDF[:9] + b"x" + whole[9:]))
    is_problem(larger, 422, "document-too-large")
    is_problem(await applicant.bring(document(whole * 2)), 413, "body-too-large")
    for _ in range(5):
        assert (await applicant.bring(document())).status_code == 201
    is_problem(await applicant.bring(document()), 409, "too-many-documents")


async def test_few_documents_are_read_at_once(applicant: Applicant):
    async with AsyncExitStack() as others:
        for _ in range(uploads.MOST_AT_ONCE):
            await others.enter_async_context(uploads.reading)
        busy = await applicant.bring(document())
        is_problem(busy, 503, "busy")
        assert busy.headers["retry-after"] == "1"
    assert (await applicant.bring(document())).status_code == 201


async def test_a_document_is_kept_once(applicant: Applicant, app_client):
    document_id = new_id()
    first = await applicant.bring(document(), document_id)
    again = await applicant.bring(document(), document_id)
    assert again.json() == first.json()
    is_problem(await applicant.bring(document(PDF + b"\n"), document_id), 409, "id-in-use")
    other = Applicant(app_client)
    await other.apply()
    is_problem(await other.bring(document(), document_id), 409, "id-in-use")


async def test_finance_saves_a_document_and_no_browser_shows_it(
    applicant: Applicant, app_client, token
):
    office = Office(app_client, token)
    told = (await applicant.bring(document(PNG, "image/png"))).json()
    path = f"applications/{applicant.application_id}/documents/{told['document_id']}"
    answer = await office.get("finance", path)
    assert answer.content == PNG
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    await office.allows(path, ["finance"], None)
    acts = (await office.get("auditor", "acts", act="application.document_read")).json()["items"]
    assert [each["object_id"] for each in acts[:1]] == [str(applicant.application_id)]
    elsewhere = f"applications/{new_id()}/documents/{told['document_id']}"
    is_problem(await office.get("finance", elsewhere), 404, "document-unknown")
    abroad = Office(app_client, token, "tsubame")
    assert (await abroad.get("finance", path)).status_code in {401, 404}
