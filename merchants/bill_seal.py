"""The seal of a bill: nobody but this deployment writes into a code what a bill asks for.

Without it a payer could write another amount, or another end, under the id of a shop's bill.
"""

import hmac
from dataclasses import replace
from typing import Final

from access.vault import Vault
from merchants.qr import SEAL_DIGITS, Bill, StoreQr

_PURPOSE: Final = "bill"


def sealed(vault: Vault, code: StoreQr) -> StoreQr:
    """The same code with the seal of its bill, which it has."""
    assert code.bill is not None, "only bills are sealed"
    return replace(code, bill=replace(code.bill, seal=_seal(vault, code, code.bill)))


def is_genuine(vault: Vault, code: StoreQr) -> bool:
    """Whether a code has no bill, or one that this deployment has sealed, as it stands there."""
    if code.bill is None:
        return True
    return hmac.compare_digest(_seal(vault, code, code.bill), code.bill.seal)


def _seal(vault: Vault, code: StoreQr, bill: Bill) -> str:
    """96 bits over all that is asked for, in hexadecimal digits."""
    said = (
        code.store_id.bytes,
        bill.bill_id.bytes,
        str(bill.amount_yen),
        str(int(bill.expires_at.timestamp())),
        bill.reference,
        code.terminal,
    )
    return vault.mac(_PURPOSE, *said).hex()[:SEAL_DIGITS]
