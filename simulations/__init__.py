"""Simulations (試算): what a campaign's form would have done over payments that were made.

Words owned here: simulation, trial, tried form, demand, source of payments.
"""
