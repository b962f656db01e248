"""The HTTP faces of residents, merchants and administrators; the only package that knows FastAPI.

Owns the words face, identity, token, scope, quota, cursor and page.
"""
