"""An application, step by step, as applicants and finance take them."""

import base64
from typing import Any, Final
from uuid import UUID

import httpx

from tests.api.admin_office import Office
from tests.town_builder import new_id

ACCOUNT: Final[dict[str, Any]] = {
    "bank_code": "0001",
    "branch_code": "001",
    "account_type": "ordinary",
    "account_number": "12345",
    "holder_kana": "ミホンショクドウ",
}
FORM: Final[dict[str, Any]] = {
    "name": "見本食堂",
    "legal_name": "株式会社ミホン",
    "representative": "見本花子",
    "postal_code": "1540017",
    "address": "東京都世田谷区世田谷4-21-27",
    "email": "hanako@example.jp",
    "telephone": "03-5432-1111",
    "merchant_class": "small",
    "category": "food",
    "area": "kitazawa",
    "corporate_number": "5835678256246",
    "registration_number": "T5835678256246",
    "bank_account": ACCOUNT,
    "declares_none_of": ["adult", "gang_related", "religious", "political"],
}
PDF: Final = b"%PDF-1.7\n1 0 obj << >> endobj\n%%EOF\n"


def document(content: bytes = PDF, media_type: str = "application/pdf") -> dict[str, Any]:
    """The body of an upload."""
    said = base64.b64encode(content).decode()
    return {"kind": "identity", "media_type": media_type, "content": said}


class Applicant:
    """Somebody without an account, with the reference of one application."""

    def __init__(self, client: httpx.AsyncClient, region: str = "setagaya") -> None:
        self.client = client
        self.region = region
        self.application_id = new_id()
        self.reference = ""

    @property
    def path(self) -> str:
        """Of the application."""
        return f"/v1/regions/{self.region}/applications/{self.application_id}"

    async def apply(self, **more: Any) -> httpx.Response:
        """Apply; the reference is remembered."""
        answer = await self.client.put(self.path, json=FORM | more)
        if answer.status_code == 201:
            self.reference = answer.json()["reference"] or self.reference
        return answer

    async def post(self, what: str, **body: Any) -> httpx.Response:
        """Do something to it by the reference."""
        said = {"reference": self.reference} | body
        return await self.client.post(f"{self.path}/{what}", json=said)

    async def bring(self, body: dict[str, Any], document_id: UUID | None = None) -> httpx.Response:
        """Add a document."""
        path = f"{self.path}/documents/{document_id or new_id()}"
        return await self.client.put(path, json={"reference": self.reference} | body)


async def recommended(office: Office, application_id: UUID) -> UUID:
    """Finance recommends it; the request for the second person."""
    request_id = new_id()
    path = f"applications/{application_id}/approvals/{request_id}"
    answer = await office.put("finance", path, {"reason": "checked"})
    assert answer.status_code == 201, answer.text
    return request_id


async def decided(
    office: Office, request_id: UUID, decision: str = "approved", role: str = "approver"
) -> httpx.Response:
    """The second person decides."""
    return await office.post(role, f"requests/{request_id}/decisions", {"decision": decision})
