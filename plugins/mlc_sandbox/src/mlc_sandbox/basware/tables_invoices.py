"""What people may type into an invoice, and into an order or a requisition that is exported."""

from __future__ import annotations

from typing import Final

from mlc_sandbox.basware.fields import Table, many

_CODES: Final = (
    "project", "projectSub", "profitCenter", "businessUnit", "businessArea", "internalOrder", "employee", "customer",
    "fixedAsset", "fixedAssetSub", "budget", "service", "workOrder", "salesOrder",
)  # fmt: skip
CODING: Final[Table] = {
    "externalCode": "s36", "rowIndex": "i", "accountCode": "s50", "accountName": "s250", "costCenterCode": "s200",
    "costCenterName": "s250", "netTotal": "n", "netTotalCompany": "n", "netTotalOrganization": "n", "grossTotal": "n",
    "grossTotalCompany": "n", "grossTotalOrganization": "n", "taxCode": "s250", "taxPercent": "n", "taxPercent2": "n",
    "taxSum": "n", "taxSum2": "n", "taxSumCompany": "n", "taxSumOrganization": "n", "orderNumber": "s1000",
    "orderLineNumber": "s2000", "orderItemNumber": "s", "goodsReceiptNumber": "s250", "deliveryNoteNumber": "s250",
    "matchingType": "i", "matchedQuantity": "n", "matchedNetSum": "n", "matchedGrossSum": "n", "lastComment": "s1000",
    "productCode": "s250", "productName": "s250", "orderLineDescription": "s250", "contractNumber": "s255",
    **{f"{name}Code": "s250" for name in _CODES}, **{f"{name}Name": "s250" for name in _CODES},
    **many("dimCode", 10, "s250"), **many("dimName", 10, "s250"), **many("num", 5, "n"), **many("text", 5, "s250"),
    "text84": "s250", "text85": "s250", **many("date", 5, "d"),
}  # fmt: skip
_LINE: Final[Table] = {
    "rowIndex": "i", "productCode": "s", "productName": "s", "quantity": "n", "netPrice": "n", "netSum": "n",
    "grossSum": "n", "taxPercent": "n", "taxSum": "n", "orderNumber": "s", "orderRowNumber": "s50",
}  # fmt: skip
INVOICE: Final[Table] = {
    "invoiceId": "s36", "bumid": "s36", "invoiceNumber": "s100", "voucherNumber1": "s25", "voucherNumber2": "s25",
    "voucherDate": "d", "originService": "i", "companyCode*": "s32", "companyName": "s2..250",
    "organizationCode": "s25",
    "organizationName": "s250", "supplierCode*": "s0..25", "supplierName": "s250", "currencyCode*": "s2..3",
    "netSum": "n", "grossSum": "n", "taxCode": "s25", "taxPercent1": "n", "taxPercent2": "n", "taxSum1": "n",
    "taxSum2": "n", "invoiceDate": "d", "baseLineDate": "d", "dueDate": "d", "cashDate": "d", "cashPercent": "n",
    "cashSum": "n", "referencePerson": "s255", "contractNumber": "s250", "description": "s250",
    "invoiceTypeCode": "s25", "invoiceTypeName": "s250", "paymentMethod": "s25", "paymentBlock": "b",
    "paymentTermCode": "s25", "paymentTermName": "s250", "paymentTermExternalCode": "s100",
    "paymentPlanReference": "s255", "codingDate": "d", "referenceNumber": "s50", "supplierBankIBAN": "s50",
    "supplierBankBBAN": "s50", "supplierBankBIC": "s250", "supplierBankName": "s250", "accountingPeriod": "s50",
    "accountingGroup": "s50", "paymentMessage": "s100", "invoiceImageURL": "s250", "invoiceImageToken": "s250",
    "clearingReferenceId": "s100", "clearingCountry": "s25", "clearingDate": "d", "exchangeRateBaseDate": "d",
    "exchangeRateCompany": "n", "exchangeRateOrganization": "n", "currencyCodeCompany": "s3",
    "currencyCodeOrganization": "s3", "netSumCompany": "n", "grossSumCompany": "n", "taxSum1Company": "n",
    "netSumOrganization": "n", "grossSumOrganization": "n", "taxSum1Organization": "n",
    "organizationElementCode": "s25", "organizationElementName": "s250", "supplierSourceSystemId": "s36",
    "orderNumbers": ["s"], "codingRows": [CODING], "invoiceLines": [_LINE],
    "transferParameters": [{"key*": "s250", "value*": "s250"}],
    **many("text", 60, "s250"), **{f"text{number}": "s100" for number in range(11, 31)}, **many("numeric", 30, "n"),
    **many("date", 10, "d"),
}  # fmt: skip
