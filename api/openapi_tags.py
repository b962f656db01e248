"""The tags of the OpenAPI page: what belongs together, and what each is for."""

from typing import Final

SIGN_IN: Final = "sign in"
"""Routes whose caller has no token yet, and may get one."""
TAGS: Final = {
    SIGN_IN: "How a session begins, goes on and ends, for everybody.",
    "residents: payments": "Pay in a shop by its QR code, and see why so many points were granted.",
    "residents: wallets": "What a resident holds, until when, and what happened.",
    "residents: offers": "Benefits that are for somebody: use one, or decline it.",
    "residents: me": "Who I am here: my devices, and my number.",
    "residents: inbox": "What I was told and why, and by which ways I want to hear of it.",
    "residents: security": "The PIN, what else a resident confirms with, tier and limits.",
    "campaigns": "What is on in a region and what comes, for anybody.",
    "statistics": "What a region tells of its people all together, for anybody.",
    "notices": "What a region tells everybody, and phones compare with what they know.",
    "directory": "The shops where a region's money is taken, for anybody.",
    "applications": "How a shop asks to become a merchant, without an account.",
    "merchants": "A shop's sales, refunds, voids and live screen. It never learns who paid.",
    "merchants: wallet": "Shops pay other shops with what they earned, where a region allows it.",
    "top-up providers": "Companies that take residents' money tell of it by signed webhooks.",
    "alert upstreams": "Whoever two people have registered lets alerts out, signed.",
    "administrators: acts": "What everybody who works here did and looked at, for the auditor.",
    "administrators: bank": "The region's bank accounts: their statements, line by line.",
    "administrators: benefits": "Draft, list, fund and offer what the people of a list may take.",
    "administrators: books": "Trial balance, what shops are owed, unused balance, on any day.",
    "administrators: campaigns": "Draft, fund, start and stop what grants points and cashback.",
    "administrators: holds": "Points that rules have held until somebody has looked.",
    "administrators: journal": "Every entry of the ledger, by ids and without names.",
    "administrators: merchants": "Open merchants and their stores, and close them.",
    "administrators: notices": "What is told to residents: drafted by one, approved by another.",
    "administrators: regions": "Open a region, and set its limits.",
    "administrators: requests": "What a second person has to decide on (four eyes).",
    "administrators: settlements": "What shops are due for each period, approved by two.",
    "administrators: statistics": "What statistics tell of spending and of nobody, and their plan.",
    "administrators: suspense": "Money that was received and could not be placed.",
    "administrators: top-ups": "Cash at the counter, and money that was taken back.",
    "administrators: people": "Look at a person, verify one, let one in again; each is told.",
    "administrators: wallets": "One person's wallet at a time; every look stands in the journal.",
    "posts": "Who works for a shop or for the issuer, and as what.",
    "clients": "Tills and servers of a merchant, each with a secret of its own.",
    "webhooks": "What happened at a merchant, told to its own servers and signed.",
    "sessions": "What is signed in as me, and how I end it.",
    "proofs": "That an entry stands in sealed history, shown to nobody whom it does not concern.",
    "open data": "Statistics that protect people, as files; and what they cost of the budget.",
    "operations": "Whether a process lives, and the keys of its tokens.",
}
"""What belongs together, in the order in which the page shows it."""
