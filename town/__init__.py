"""A synthetic town: people, shops, the plan of a day, and that day lived over HTTP.

Words owned here: *resident number* and *shop number* (the town's own counting), *act* (one thing
somebody does at a town time), *slip* (a mistake that must be refused), *told* (what the server's
answers said), *figure* (one number, as the town and as the ledger have it), *verdict* (whether
all figures agree), *host* (the resident whom a visitor plays).
"""
