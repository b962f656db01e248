"""Access (入口): who may come in, by what, for how long, and what they did.

Owns the words login, post, device, session, challenge, allowance, request and act.
"""
