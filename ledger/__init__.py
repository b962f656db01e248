"""元帳: accounts, entries and postings, and the one engine through which value moves.

Owns the words holder, account, entry, posting, counter, head, batch, books, draft and event.
"""
