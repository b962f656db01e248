"""What campaigns (キャンペーン) promise and what they grant.

The words of this package: *terms* (a campaign's typed form), *effect* (rebate for the resident,
cashback for the merchant), *rate* (basis points of the coin part), *cap*, *headroom* (what a cap
or the budget still leaves), *ceiling* (all rebates of a payment, at most its coin part),
*grant* (what one campaign gives for one payment), *reason* (why it is that much and no more).
"""
