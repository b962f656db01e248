"""Planted faults: patches of a running program that live here alone, and that must be caught."""
