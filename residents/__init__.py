"""利用者: residents and their wallets.

Owns the words person and wallet.
"""
