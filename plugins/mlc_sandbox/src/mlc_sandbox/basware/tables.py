"""What master data may look like, and what is answered to invoices. Lengths are those of the vendor's description."""

from __future__ import annotations

from typing import Final

from mlc_sandbox.basware.fields import Table, many

NAMES: Final[Table] = {"language*": "s2..10", "translation*": "s2..2000"}
_ASSIGNED: Final[Table] = {"companyCode*": "s32", "active*": "b"}
_INHERITED: Final[Table] = {"companyCode*": "s32", "inherit*": "b", "active*": "b"}

_IDENTIFIER: Final[Table] = {
    "schemeId*": "s36", "description": "s200", "id": "s50", "accountHolderName": "s200", "currencyCode": "s3..3",
    "accountAdditionalData1": "s200", "accountAdditionalData2": "s200", "default": "b", "linkedBbanOrIban": "s50",
}  # fmt: skip
_BANK: Final[Table] = {
    "name*": "s0..250", "id*": "s20", "schemeId*": "s36", "branchId": "s50", "branchIdSchemeId": "s36",
    "countryId": "s2..2",
}  # fmt: skip
_ADDRESS: Final[Table] = {
    "externalCode*": "s36", "name*": "s200", "description": "s200",
    "addressType": "AdditionalAddress|VisitingAddress|RemittanceAddress|DeliveryAddress|PostalAddress"
                   "|RegistrationAddress",
    "addressLine1": "s200", "addressLine2": "s200", "addressLine3": "s200", "cityName": "s50", "postalZone": "s50",
    "poBox": "s50", "streetName": "s50", "locality": "s50", "countrySubEntity": "s50",
    "countrySubEntityDescription": "s50", "countryId": "s2..2", "default": "b",
    "additionalAddressFields": [{"key": "s", "value": "s200"}],
}  # fmt: skip
_ORDERING: Final[Table] = {
    "orderingFormat": "UBL|EHFXML21|email|other|none|BaswareNetwork", "orderingMessageLanguage": "s10",
    "orderingLanguage": "s25", "orderEmail": "s3..320", "orderProcessType": "s50", "minimumOrderAllowed": "n",
    "isTaxable": "b", "automaticallyReceiveOnInvoice": "b", "automaticallyReceiveOnOrder": "b",
    "hasActiveCatalog": "b", "createOrderAutomatically": "b", "deliverOrderAutomatically": "b",
    "noFreeformItems": "b", "sendToNetwork": "b",
}  # fmt: skip

VENDOR: Final[Table] = {
    "externalCode*": "s36", "vendorCode*": "s25", "name*": "s250", "vendorParent": "s", "buvid": "s36",
    "sourceSystem": "s36", "description": "s250", "lastUpdated": "d", "supplierAssignedAccountId": "s128",
    "eligibleForSourcing": "b", "vendorClass": "s100",
    "companies*": [{"companyCode*": "s32", "inheritToChildUnits": "b"}],
    "identifiers": [{"id*": "s36", "schemeId*": "s32", "defaultPartyId": "b"}],
    "addresses": [_ADDRESS],
    "contacts": [{"name*": "s200", "description": "s200", "telephone": "s50", "telefax": "s50", "email": "s200",
                  "website": "s200", "role": "AdditionalContact|PrimaryContact|SecondaryContact"}],
    "deliveryTerm": {"deliveryTermCode*": "s25", "deliveryLocation": "s100", "description": "s200"},
    "paymentMeans": [{"paymentMeansCode*": "s25", "description": "s200", "currencyCode": "s3..3", "default": "b",
                      "financialAccounts": [{"financialInstitution": _BANK,
                                             "financialAccountIdentifiers": [_IDENTIFIER]}]}],
    "paymentTerms": {"paymentTermCode*": "s25", "description": "s200"},
    "orderingDetails": _ORDERING,
    "processingStatus": {"active": "b", "paymentDenied": "b"},
    "tags": [{"name*": "s50", "value*": "s250", "tagGroup": "s50"}],
    "customFields": [{"name*": "s25", "value*": "s250", "groupName": "s500"}],
}  # fmt: skip

ACCOUNT: Final[Table] = {
    "externalCode*": "s36", "accountCode*": "s25", "accountNames*": [NAMES], "taxCode": "s25", "lastUpdated": "d",
    "companies*": [_INHERITED], **many("text", 5, "s250"),
}  # fmt: skip

COST_CENTER: Final[Table] = {
    "externalCode*": "s36", "costCenterCode*": "s25", "costCenterNames*": [NAMES], "lastUpdated": "d",
    "companies*": [_ASSIGNED], **many("text", 10, "s250"), **many("date", 5, "d"), **many("int", 5, "i"),
}  # fmt: skip

TAX_CODE: Final[Table] = {
    "externalCode*": "s36", "taxCode*": "s25", "taxCodeNames*": [NAMES], "taxGroup": "s25", "taxPercentage*": "n",
    "taxPercentage2": "n", "lastUpdated": "d", "companies*": [_INHERITED],
    "additionalData": [{"externalCode": "s32", "account": "s25", "statistical": "s25", "transactionType": "s25",
                        "taxPercent": "n", "country": "s25", "condition": "s25", "active": "b"}],
}  # fmt: skip

PAYMENT_TERM: Final[Table] = {
    "externalCode*": "s36", "paymentTermCode*": "s25", "paymentTermNames*": [NAMES], "sortOrder": "i",
    "moveDueDatesTo": "0|1|2", "dueDateCalc": "i", "dueDateDays": "i", "dueDateDays2": "i", "dueDateEom": "i",
    "cashDueDateCalc": "i", "cashDueDateDays": "i", "cashDueDateDays2": "i", "cashDueDateEom": "i",
    "cashDiscount": "n+", "validFrom*": "d", "validTo*": "d", "lastUpdated": "d", "companies*": [_INHERITED],
    "paymentTermDiscountRules": [{"externalCode*": "s36", "discountDays": "i", "discountPercent": "n+",
                                  "active*": "b"}],
}  # fmt: skip

EXCHANGE_RATE: Final[Table] = {
    "externalCode*": "s36", "currencyCodeFrom*": "s2..3", "currencyCodeTo*": "s2..3", "rate*": "n+",
    "validFrom*": "d", "lastUpdated": "d", "companies*": [_ASSIGNED],
}  # fmt: skip

PROJECT: Final[Table] = {
    "externalCode*": "s36", "projectCode*": "s25", "projectName*": "s100", "description": "s500", "validFrom*": "d",
    "validUntil*": "d", "lastUpdated": "d", "companies*": [_ASSIGNED],
}  # fmt: skip

LIST_ITEM: Final[Table] = {
    "externalCode*": "s36", "lastUpdated": "d", "listContent": "s", "companies": [_ASSIGNED],
    **many("text_", 25, "s"), **many("number_", 15, "n"), **many("dateValue_", 15, "d"),
}  # fmt: skip

_POSTED: Final[Table] = {"externalCode*": "s36", "success*": "b", "responseMessage*": "s250", "sourceSystem": "s32"}
TRANSFER: Final[Table] = {
    **_POSTED, "voucherNumber1": "s25", "voucherNumber2": "s25", "transferDate": "d", "paymentBlock*": "b",
}  # fmt: skip
PREBOOK: Final[Table] = {
    **_POSTED, "voucherNumber1": "s25", "voucherNumber2": "s25", "prebookDate": "d", "paymentBlock*": "b",
}  # fmt: skip
ENRICHMENT: Final[Table] = {**_POSTED, "transferDate": "d"}
PAYMENT: Final[Table] = {
    "externalCode*": "s36", "success*": "b", "responseMessage": "s250", "sourceSystem": "s32", "paymentDate": "d",
    "paymentTermCode": "s25", "paymentBlock*": "b", "paymentMethod": "s25", "paidTotal": "n", "cashDiscount": "n",
    "checkNumber": "s25", "paymentMessage": "s100", "paymentNumber": "s250", "paymentDocument": "s250",
    "paymentReversalDocument": "s250",
}  # fmt: skip
