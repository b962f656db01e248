"""What every package stands on: settings, database, errors, clock, ids. No word of the domain."""
