"""What every package stands on: settings, database, errors, clock, ids. No rule of the domain."""
