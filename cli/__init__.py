"""The command `meguri`: one file for each of its verbs."""
