"""The app that is deployed, with one route more: a payment that does nothing."""

import logging
import sys
from datetime import UTC, date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, FastAPI

from api.answers import GrantAnswer, PartAnswer, ReasonAnswer
from api.app import served_app
from api.fields import new_id
from api.identity import Resident
from api.payments import PayBody, PaymentAnswer
from cli.serve import listen
from core.ids import NIL
from core.settings import load_settings

router = APIRouter(prefix="/v1")

_ANSWER: Final = PaymentAnswer(
    payment_id=NIL,
    wallet_id=NIL,
    store_id=NIL,
    store_name="Store 0",
    amount_yen=1200,
    reference="",
    paid_at=datetime(2026, 11, 22, tzinfo=UTC),
    paid_with=[
        PartAnswer(kind="coin", amount=1200, expires_on=date(2029, 11, 30), usable_where=None)
    ],
    rebate_points=360,
    pending_points=0,
    points_settled=0,
    confirmed_by=None,
    grants=[
        GrantAnswer(
            campaign_id=NIL,
            campaign_name="秋のにぎわいキャンペーン",
            rebate_points=360,
            credited_on=None,
            credited_in_words=None,
            points_expire_on=date(2027, 5, 31),
            usable_where=None,
            reasons=[
                ReasonAnswer(
                    code="rate-applied",
                    number=3000,
                    ja="コイン支払い分の30%を還元しました。",
                    ja_easy="30%の ポイントを もらいました。",
                    en="30 % of the coin part is granted.",
                )
            ],
        )
    ],
    seq=4711,
)


@router.put(
    "/no-ops/{payment_id}",  # noqa: FAST003  (new_id takes it, as in every route)
    operation_id="payNothing",
    status_code=201,
)
async def pay_nothing(
    _resident: Resident, _payment_id: Annotated[UUID, new_id("payment_id")], _body: PayBody
) -> PaymentAnswer:
    """A payment's token, id, body and answer, and nothing in between."""
    return _ANSWER


def create_measured_app() -> FastAPI:
    """The app for the settings of the environment. The no-op stands beside the payment.

    A request is compared with each route in turn, so a no-op at the end would be found later.
    """
    app = served_app()
    routes = app.router.routes
    places = [
        place
        for place, route in enumerate(routes)
        if getattr(route, "operation_id", None) == "makePayment"
    ]
    routes[places[0] : places[0]] = router.routes
    return app


if __name__ == "__main__":
    logging.disable(logging.INFO)  # a measurement prints its table alone
    listen(
        "bench.app:create_measured_app",
        "127.0.0.1",
        int(sys.argv[1]),
        1,
        load_settings().head_seconds,
    )
