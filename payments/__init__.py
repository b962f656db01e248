"""決済: every way in which value moves for residents: top up, pay, refund, void, expire.

Owns the words lot, use-order, claw-back, receivable and suspense.
"""
