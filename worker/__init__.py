"""Work that nobody waits for: periodic jobs, each safe to run twice and by two workers at once.

Owns the words job, round and heartbeat.
"""
