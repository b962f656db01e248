"""The routers of the city's desk for what residents are told, one for each file of routes."""

from typing import Final

from fastapi import APIRouter

from api import (
    admin_alert_upstreams,
    admin_alerts,
    admin_bulletins,
    admin_dead_letters,
    admin_notice_templates,
    admin_notices,
    admin_partners,
    admin_ways,
    partner_deliveries,
)

OFFICE: Final[tuple[APIRouter, ...]] = (
    admin_bulletins.router,
    admin_alerts.router,
    admin_alert_upstreams.router,
    admin_notice_templates.router,
    admin_notices.router,
    admin_dead_letters.router,
    admin_partners.router,
    partner_deliveries.router,
    admin_ways.router,
)
