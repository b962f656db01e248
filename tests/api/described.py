"""The description of the API, made once a process: it takes as long as a hundred small tests."""

from cli.openapi import document

DOCUMENT = document()
