"""The judgement: what was answered, compared with what the ledger holds after the run."""
