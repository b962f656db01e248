"""加盟店: merchants and their stores, and the QR code that a store shows.

Owns the words merchant, merchant class, store and QR.
"""
