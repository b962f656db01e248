"""The table of gauges: what is told of a campaign's spending to roles that see no person."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Uuid,
)

from core.database import metadata, needed

gauge = Table(
    "gauge",
    metadata,
    needed("region_id", Integer),
    needed("campaign_id", Uuid),
    needed("as_of", Date),
    needed("funded_yen", BigInteger),
    needed("step_yen", BigInteger),
    needed("offset_yen", BigInteger),
    needed("spent_yen", BigInteger),
    PrimaryKeyConstraint("region_id", "campaign_id", "as_of", name="gauge_pk"),
    ForeignKeyConstraint(
        ["region_id", "campaign_id"],
        ["ledger.holder.region_id", "ledger.holder.holder_id"],
        name="gauge_campaign_fk",
    ),
    CheckConstraint("extract(isodow FROM as_of) = 7", name="gauge_is_of_a_whole_week"),
    CheckConstraint(
        "step_yen >= 100000 AND offset_yen >= 0 AND offset_yen < step_yen",
        name="gauge_offset_is_within_a_step",
    ),
    CheckConstraint(
        "spent_yen = funded_yen OR (spent_yen BETWEEN 0 AND funded_yen"
        " AND spent_yen % step_yen = 0)",
        name="gauge_is_rounded",
    ),
    schema="campaigns",
)
