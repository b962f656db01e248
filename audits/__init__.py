"""Audits: the statistics attacked by programs of our own; for development alone.

Nothing that is deployed imports this, and no image has it.
"""
