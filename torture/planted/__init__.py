"""Planted faults: patches of a running program that live here alone, and that must be caught.

They reach the program from outside, in the process of `torture.planted` alone: the program itself
holds no fault that somebody could switch on. Each must break at least one promise of a run.
"""
