"""The form of a campaign is published as JSON Schema, from which a program can draw it."""

import json

import httpx
from jsonschema_rs import Draft202012Validator, meta

from campaigns.terms import Terms, terms_schema
from tests.campaigns.examples import SETAGAYA
from tests.campaigns.test_forms_to_begin_with import PAGE
from tests.campaigns.test_terms import REFUSED, changed

SAID_OTHERWISE = {"name", "starts_on", "ends_on", "form_version", "rebate.rates_bp.small"}
"""Of these a schema cannot say all: text that can be read, 1.0 for 1, an end after its start."""


async def test_anybody_reads_the_form_and_may_keep_it(app_client: httpx.AsyncClient):
    answer = await app_client.get("/schemas/campaign-form-1.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.json() == json.loads(json.dumps(terms_schema()))


def test_what_the_form_takes_fits_the_schema_and_what_it_refuses_does_not():
    assert meta.is_valid(terms_schema())
    schema = Draft202012Validator(terms_schema())
    forms = [json.loads(form.read_bytes()) for form in PAGE.parent.glob("campaigns/*.json")]
    assert len(forms) > 10
    for form in (*forms, SETAGAYA):
        assert [error.message for error in schema.iter_errors(form)] == []
    for path, value in REFUSED:
        if path not in SAID_OTHERWISE:
            assert not schema.is_valid(changed(path, value)), (path, value)


def test_each_field_says_what_it_is_called_and_lists_are_not_empty():
    schema = terms_schema()
    assert set(schema["properties"]) == set(Terms.model_fields)
    streets = schema["$defs"]["Where"]["properties"]["streets"]["anyOf"][0]
    assert (streets["minItems"], streets["maxItems"]) == (1, 1_000)
