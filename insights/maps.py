"""Put figures on a map: the plan's outlines as GeoJSON (RFC 7946), with the figures beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

from insights.figures import Line
from insights.plan import Area, District
from insights.released import Figure


def feature_collection(
    places: Sequence[Area | District], lines: Mapping[str, Line], **about: object
) -> dict[str, Any]:
    """One feature for each place of the plan; one without an outline has no geometry (null)."""
    return {
        "type": "FeatureCollection",
        **about,
        "features": [_feature(place, lines.get(place.code)) for place in places],
    }


def _feature(place: Area | District, line: Line | None) -> dict[str, Any]:
    geometry = place.geometry
    return {
        "type": "Feature",
        "id": place.code,
        "geometry": None if geometry is None else geometry.model_dump(mode="json"),
        "properties": {
            "code": place.code,
            "name_ja": place.names.ja,
            "name_en": place.names.en,
            **_told("spend_yen", line.now.spend if line else None),
            **_told("payers", line.now.people if line else None),
            "cells": line.now.cells if line else 0,
            "suppressed": line.now.suppressed if line else 0,
        },
    }


def _told(name: str, figure: Figure | None) -> dict[str, int | None]:
    return {
        name: figure.value if figure else None,
        f"{name}_low": figure.low if figure else None,
        f"{name}_high": figure.high if figure else None,
    }
