"""Who does something, as the log of acts and four eyes know it."""

from access.acts import Doer
from access.posts import Reach
from api.identity import AdminIdentity, MerchantIdentity, OperatorIdentity


def doer_of(who: AdminIdentity | MerchantIdentity | OperatorIdentity) -> Doer:
    """The doer of a token's identity."""
    if isinstance(who, MerchantIdentity):
        return Doer(who.staff_id, who.actor, who.role)
    role = who.role if isinstance(who, AdminIdentity) else "operator"
    return Doer(who.admin_id, who.actor, role)


def reach_of(who: AdminIdentity | MerchantIdentity | OperatorIdentity) -> Reach:
    """Where and as what a token's identity acts."""
    if isinstance(who, MerchantIdentity):
        return Reach("merchant", who.role, who.merchant_id, who.stores)
    return Reach("admin", who.role if isinstance(who, AdminIdentity) else "operator")
