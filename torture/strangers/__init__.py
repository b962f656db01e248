"""Strangers at every door: routes of the API, tokens that must not count, and whose the ids are."""
