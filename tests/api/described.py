"""The description of the API, made once a process: it takes as long as a hundred small tests."""

from cli.openapi import document

DOCUMENT = document()
TELL_OF_RELEASES = ("WeeklyStatistics", "ShopStatistics", "Evidence")
"""How operations end that look at statistics: they refuse before there are any."""
AS_IT_STANDS = {
    *("getWallet", "getMerchant", "getStore", "getCampaign", "getRegion", "getHoldRejection"),
    *("getRegionSettingsChange", "getSimulation", "getBenefitApproval", "getBenefitList"),
    *("getInvitationOfMyShop", "getInvitationOfMerchant", "getInvitationOfRegion", "getBenefit"),
    *("getInvitationOfOperators", "getClient", "getRequest", "getCampaignApproval"),
    *("getApplication", "getApplicationDocument", "getBankAccountChange"),
    *("getSettlementApproval", "getPaperCorrection", "getTerminal", "getOwnSettlement"),
    *("getWebhookEndpoint", "getDebitNoteCorrection", "getStatisticsPlan"),
    *("getOwnAccount", "getBankStatement", "getLineMatch", "getStatementProfile", "getDebitNote"),
}
"""GETs of a PUT's address that know of no refusal; all others tell the one that stands there."""
