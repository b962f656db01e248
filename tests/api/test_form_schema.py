"""The forms of campaigns and benefits are published as JSON Schema, to be drawn by a program."""

import json
from typing import Any

import httpx
import pytest
from jsonschema_rs import Draft202012Validator, meta

from campaigns.benefit_terms import benefit_schema
from campaigns.terms import Terms, terms_schema
from tests.campaigns.examples import SETAGAYA
from tests.campaigns.test_forms_to_begin_with import PAGE
from tests.campaigns.test_terms import REFUSED, changed

SAID_OTHERWISE = {"name", "starts_on", "ends_on", "form_version", "rebate.rates_bp.small"}
"""Of these a schema cannot say all: text that can be read, 1.0 for 1, an end after its start."""


@pytest.mark.parametrize(
    ("form", "schema"), [("campaign-form-1", terms_schema()), ("benefit-form-1", benefit_schema())]
)
async def test_anybody_reads_a_form_and_may_keep_it(
    app_client: httpx.AsyncClient, form: str, schema: dict[str, Any]
):
    answer = await app_client.get(f"/schemas/{form}.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.json() == json.loads(json.dumps(schema))
    assert meta.is_valid(schema)


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
