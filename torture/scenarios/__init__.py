"""Scenarios: one file each, which says what is done to the deployment and what must hold."""
