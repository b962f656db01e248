"""The description of the API, made once a process: it takes as long as a hundred small tests."""

import json
from collections.abc import Iterator
from typing import Any, Final

import jsonschema_rs

from cli.openapi import document

DOCUMENT = document()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
OF_V1 = {label: found for label, found in OPERATIONS.items() if " /v1/" in label}
_PUBLIC = ("campaigns", "stores", "stores.geojson", "statistics-plan", "bulletins", "notices")
for _public in (*_PUBLIC, "alerts", "alerts/{alert_id}"):
    OF_V1.pop(f"get /v1/regions/{{region}}/{_public}")  # for anybody: no token, none refused
TELL_OF_RELEASES = ("WeeklyStatistics", "ShopStatistics", "Evidence", "previewNotice")
"""How operations end that look at statistics: they refuse before there are any."""
AS_IT_STANDS = {
    *("getWallet", "getMerchant", "getStore", "getCampaign", "getRegion", "getHoldRejection"),
    *("getRegionSettingsChange", "getSimulation", "getBenefitApproval", "getBenefitList"),
    *("getInvitationOfMyShop", "getInvitationOfMerchant", "getInvitationOfRegion", "getBenefit"),
    *("getInvitationOfOperators", "getClient", "getRequest", "getCampaignApproval"),
    *("getApplication", "getApplicationDocument", "getBankAccountChange"),
    *("getSettlementApproval", "getPaperCorrection", "getTerminal", "getOwnSettlement"),
    *("getWebhookEndpoint", "getDebitNoteCorrection", "getStatisticsPlan"),
    *("getBulletin", "getNotice", "getNoticeTemplate", "getNoticePreferences", "getAddress"),
    *("getAlert", "getAlertUpstream", "getPartner"),
    *("getOwnAccount", "getBankStatement", "getLineMatch", "getStatementProfile", "getDebitNote"),
}
"""GETs of a PUT's address that know of no refusal; all others tell the one that stands there."""


def bodies(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body that is sent or answered: where, and its media type object."""
    if "requestBody" in operation:
        [content] = operation["requestBody"]["content"].values()
        yield "request", content
    for status, response in operation["responses"].items():
        for content in response.get("content", {}).values():
            yield status, content


def examples(content: dict[str, Any]) -> list[Any]:
    """All examples of a body."""
    found = [example["value"] for example in content.get("examples", {}).values()]
    return found + ([content["example"]] if "example" in content else [])


def validator(schema: dict[str, Any]) -> Any:
    """Of a schema that may refer to the others; formats count."""
    outside = json.dumps(schema).replace('"#/components/', f'"{_WHOLE}#/components/')
    return jsonschema_rs.Draft202012Validator(
        json.loads(outside), validate_formats=True, registry=_REGISTRY
    )


_WHOLE: Final = "urn:meguri:api"
_REGISTRY = jsonschema_rs.Registry(
    [(_WHOLE, {"components": DOCUMENT["components"]})], draft=jsonschema_rs.Draft202012
)
"""Read once: a validator that carries all schemas itself takes 10 ms to make."""
