"""Insights (統計): what leaves the ledger, as statistics that protect people and are paid for.

Words owned here: plan of statistics, area and district, cell, bounding, noise, release, cube,
privacy budget.
"""
