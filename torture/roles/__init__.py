"""Roles of the database: what each may do, written down, and attempts at everything there is."""
