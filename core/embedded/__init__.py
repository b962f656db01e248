"""PostgreSQL and Valkey for one machine, run from Python wheels.

Words: the *data folder* holds everything that these servers keep; a *lease* is one process's use of
a server, and the server stops when its last lease ends; the *server user* is the unprivileged
account that the servers run as when Meguri itself is run by root.
"""
