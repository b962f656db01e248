"""What a store tells the public of itself: its form, and how it is read and written down."""

from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.described import Described
from merchants.application import Code, PostalCode, Text40, Text200
from merchants.opening_hours import OpeningHours
from merchants.store_tables import store_details

MOST_TAGS: Final = 10

_ROW = store_details.c


class StoreDetails(Described):
    """All of it is public. What is null is not told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    postal_code: PostalCode | None = Field(default=None, examples=["1540017"])
    address: Text200 | None = Field(default=None, examples=["東京都世田谷区世田谷4-21-27"])
    area: Text40 | None = Field(default=None, examples=["kitazawa"])
    """Where the store is; null is where its merchant is. Campaigns go by the merchant's."""
    district: Text40 | None = Field(default=None, examples=["kitazawa-ekimae"])
    """Where it is more closely, by the plan of statistics, whose area then is the store's."""
    latitude_e6: Annotated[int, Field(strict=True, ge=-90_000_000, le=90_000_000)] | None = Field(
        default=None, examples=[35646572]
    )
    """In millionths of a degree (WGS 84), north is positive."""
    longitude_e6: Annotated[int, Field(strict=True, ge=-180_000_000, le=180_000_000)] | None = (
        Field(default=None, examples=[139653247])
    )
    """East is positive. Both are told, or none."""
    website: (
        Annotated[
            str, Field(strict=True, max_length=200, pattern=r"^https?://[A-Za-z0-9.-]+[!#-;=?-~]*$")
        ]
        | None
    ) = Field(default=None, examples=["https://shop.example/"])
    telephone: Annotated[str, Field(strict=True, pattern=r"^[0-9+][0-9-]{5,19}$")] | None = Field(
        default=None, examples=["03-5432-1111"]
    )
    about_ja: Text200 | None = Field(default=None, examples=["手打ちそばの店です。"])
    about_en: Text200 | None = Field(default=None, examples=["Hand-made soba."])
    hours: OpeningHours | None = Field(default=None)
    tags: Annotated[list[Code], Field(max_length=MOST_TAGS)] = Field(
        default=[], examples=[["soba", "テラス席"]]
    )
    """Words by which it is found, each once."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.latitude_e6 is None) != (self.longitude_e6 is None):
            raise PydanticCustomError("half_position", "a position has both of its numbers")
        if len(set(self.tags)) < len(self.tags):
            raise PydanticCustomError("same_tag", "a tag stands there twice")
        return self


async def find_details(db: AsyncSession, region_id: int, store_id: UUID) -> StoreDetails:
    """What the store tells; nothing of anything, while nobody has written it down."""
    columns = (_ROW[name] for name in StoreDetails.model_fields)
    rows = await db.execute(
        select(*columns).where(_ROW.region_id == region_id, _ROW.store_id == store_id)
    )
    row = rows.one_or_none()
    return StoreDetails() if row is None else StoreDetails.model_validate(row._asdict())


async def change_details(
    db: AsyncSession, region_id: int, store_id: UUID, said: StoreDetails, doer: Doer
) -> None:
    """Write it down as it is from now on; the caller knows the store."""
    values = {name: getattr(said, name) for name in StoreDetails.model_fields}
    values |= {"hours": said.hours and said.hours.model_dump(mode="json")}
    values |= {"changed_by": doer.actor}
    await db.execute(
        insert(store_details)
        .values(region_id=region_id, store_id=store_id, **values)
        .on_conflict_do_update(
            constraint=store_details.primary_key,
            set_=values | {"changed_at": func.clock_timestamp()},
        )
    )
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="store.described", object_id=store_id
    )
