"""測定: what the engine and the API make of this machine, measured against something on it.

Owns the words ratio, figure, side (ours, theirs) and round.
"""
