"""How the database came to be as it is: one revision a change, each safe while old code runs."""
