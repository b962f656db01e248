"""Torture: a harness outside of the application that breaks things under load, and then compares.

It starts the processes that a deployment has, acts through HTTP as residents, shops and a provider
do, injects a fault, and compares every answer with the ledger. Nothing of the application imports
it. Its words: scenario, fault, promise, record, judgement, planted fault.
"""
