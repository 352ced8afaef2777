"""What orders for matching, their lines, and requisitions may look like."""

from __future__ import annotations

from typing import Final

from mlc_sandbox.basware.fields import Table, many

_EXTRAS: Final[Table] = {**many("text", 10, "s250"), **many("numeric", 5, "n"), **many("date", 5, "d")}
_FIFTY: Final = (
    "internalOrder", "profitCenter", "businessUnit", "projectSub", "employee", "salesOrder", "salesOrderSub",
    "customer", "accAssignmentCategory", "budget", "service", "businessArea", "workOrder", "workOrderSub",
    "fixedAssetSub",
)  # fmt: skip

ORDER: Final[Table] = {
    "externalCode*": "s36", "orderNumber*": "s100", "sourceSystem*": "s36", "companyCode*": "s25",
    "companyName": "s250", "organizationElementCode*": "s2..25", "organizationElementName": "s250",
    "orderTypeCode": "s25", "currencyCode*": "s2..3", "created": "d", "isClosed": "b", "description": "s1000",
    "purchaseOrganizationCode": "s25", "purchaseOrganizationName": "s250", "supplierCode*": "s25",
    "supplierName": "s250", "invoicingSupplierCode": "s25", "invoicingSupplierName": "s250",
    "requestedDeliveryDate": "d", "actualDeliveryDate": "d", "validFrom": "d", "validTo": "d",
    "paymentTermCode": "s25", "paymentTermName": "s250", "isInvoiced": "b", "isDelivered": "b", "lastUpdated": "d",
    "orderReference": "s100", **_EXTRAS,
}  # fmt: skip

_CODING: Final[Table] = {
    "externalCode*": "s36", "rowIndex*": "i", "allocatedQuantity*": "n", "netTotal": "n", "grossTotal": "n",
    "accountCode": "s50", "accountName": "s250", "costCenterCode": "s200", "costCenterName": "s250",
    "projectCode": "s25", "projectName": "s250", "conversionNumerator": "n", "conversionDenominator": "n",
    "conversionDeNumerator": "n",
    "taxCode": "s25", "taxPercent": "n", "taxPercent2": "n", "taxSum": "n", "taxSum2": "n",
    "partnerProfitCenter": "s250", "fixedAssetCode": "s250", "fixedAssetName": "s250", "materialGroup": "s100",
    "vehicleNumber": "s50", "vehicleName": "s50", "taxJurisdictionCode": "s50", "subUOM": "s50",
    "commitmentItem": "s50", "controllingArea": "s50", "functionalArea": "s50", "network": "s250",
    "networkActivity": "s250", **{f"{name}Code": "s50" for name in _FIFTY}, **{f"{name}Name": "s50" for name in _FIFTY},
    **many("dimCode", 10, "s100"), **many("dimName", 10, "s100"), **many("num", 5, "n"), **many("text", 5, "s250"),
    **many("date", 5, "d"),
}  # fmt: skip
_RECEIPT: Final[Table] = {
    "externalCode*": "s36", "goodsReceiptNumber*": "s100", "goodsReceiptLineNumber": "s25",
    "referenceGRExternalCode": "s36", "deliveryNoteNumber": "s250", "bestFitGrouping": "s250", "quantity*": "n",
    "netSum": "n", "grossSum": "n", "netPrice": "n", "grossPrice": "n", "isDeleted": "b", "notifyFault": "b",
    "invoicedQuantity": "n", "invoicedNetSum": "n", "invoicedGrossSum": "n", "unitOfMeasure": "s25",
    "subUnitOfMeasure": "s250", "goodsReceiptType": "i", "receiveMethod": "i", "voucherNumber": "s100",
    "goodsReceiptNote": "s250", "fiscalYear": "d", "deliveryDate": "d", "productSerialNumber": "s250",
    "comment": "s255", "serviceEntrySheetDocId": "s100", "receiptCoding": [_CODING], **_EXTRAS,
}  # fmt: skip
ORDER_LINE: Final[Table] = {
    "externalCode*": "s36", "orderExternalCode*": "s36", "lineNumber*": "s100", "sortNumber": "i", "quantity*": "n",
    "netSum": "n", "grossSum": "n", "currencyCode": "s2..3", "matchingMode*": "Standard|Blanket|Return|Service",
    "isReceiptRequired": "b", "isReceiptBasedMatching": "b", "isOverreceivalAllowed": "b", "isClosed": "b",
    "isDeleted": "b", "isSelfApproved": "b", "uom": "s25", "subUOM": "s250", "netPrice": "n", "grossPrice": "n",
    "priceUnit": "s25", "priceUnitDescription": "s250", "taxCode": "s25", "taxPercent": "n+", "taxPercent2": "n",
    "taxSum": "n", "taxSum2": "n", "invoicedQuantity": "n", "invoicedNetSum": "n", "invoicedGrossSum": "n",
    "validFrom": "d", "validTo": "d", "productCode": "s250", "productName": "s250", "materialGroup": "s250",
    "globalTradeItemNumber": "s250", "unspsc": "s25", "buyerProductCode": "s250", "contractNumber": "s255",
    "description": "s1000", "comment": "s1000", "requestedDeliveryDate": "d", "actualDeliveryDate": "d",
    "orderLineCoding": [_CODING], "goodsReceipts": [_RECEIPT], "lastUpdated": "d",
    "referenceUsers": [{"userExternalCode": "s36", "userEmail": "s250",
                        "userRole": "Buyer|Owner|ReferencePerson|Other", "lastUpdated": "d"}],
    **_EXTRAS,
}  # fmt: skip

_DELIVERY: Final[Table] = {
    "name*": "s250", "addressId": "s2000", "addressSchemeId": "s2000", "description": "s1000",
    "globalLocationNumber": "s13", "countrySubEntity": "s50", "countrySubEntityDescription": "s50",
    **dict.fromkeys(("pObox", "streetName", "additionalStreetName", "blockName", "buildingName", "buildingNumber",
                     "department", "floor", "room", "postalZone", "city", "region", "district", "countryCode",
                     "countryName"), "s250"),
}  # fmt: skip
_REQUISITION_CODING: Final[Table] = {
    "externalCode*": "s36", "accountCode": "s25", "accountName": "s2000", "costCenterCode": "s25",
    "costCenterName": "s2000", "projectCode": "s25", "projectName": "s255", "fixedAssetCode": "s25",
    "fixedAssetName": "s250", "vehicleName": "s255", "vehicleNumber": "s25", "distributionCode": "s25",
    "distributionMode": "s250", **{f"{name}Code": "s25" for name in _FIFTY},
    **{f"{name}Name": "s250" for name in _FIFTY}, **many("dimCode", 10, "s25"), **many("dimName", 10, "s250"),
    **many("num", 5, "n"), **many("text", 5, "s250"), **many("date", 5, "d"),
}  # fmt: skip
_REQUISITION_LINE: Final[Table] = {
    "externalCode*": "s36", "extRequisitionLineNumber*": "s", "categoryCode": "s100", "supplierCode": "s32",
    "supplierName": "s255", "contractNumber": "s255", "buyerProductCode": "s250", "supplierProductName": "s250",
    "supplierProductCode": "s50", "manufacturerProductCode": "s255", "description": "s2000", "leadTime": "s255",
    "desiredDeliveryDate": "d", "deliveryTerm": "s100", "allowPartialDeliveries": "b", "paymentTermCode": "s255",
    "paymentTermName": "s2000", "additionalInfo": "s2000", "receiveAutomatically": "b", "plant": "s100",
    "storageLocation": "s100", "unspsc": "s64", "grNote": "s100", "quantity": "n", "quantityUnitCode": "s10",
    "quantityUnitName": "s250", "priceType": "Net|Gross", "subUOM": "s100", "refundLine": "b", "unitPrice": "n",
    "discountPercent": "n+", "currencyCode*": "s25", "taxCode": "s32", "taxJuristictionCode": "s25",
    "taxPercent": "n+", "taxPercent2": "n", "attachPdfToNetworkOrder": "b", "ownerOrderingEmail": "s1800",
    "orderRecipientType": "Supplier|Owner|SupplierAndOwner", "supplierOrderingEmail": "s1800",
    "otherOrderingEmail": "s", "conversionNumerator": "n", "conversionDenominator": "n", "materialGroup": "s100",
    "deliveryAddress": _DELIVERY, "codingRows": [_REQUISITION_CODING],
    **many("lineDataDate", 5, "d"), **many("lineDataNum", 5, "n"), **many("lineDataText", 5, "s250"),
    **many("linePricingDate", 5, "d"), **many("linePricingNum", 5, "n"), **many("linePricingText", 5, "s250"),
}  # fmt: skip
REQUISITION: Final[Table] = {
    "externalCode*": "s36", "extDocumentNumber*": "s2..100", "sendToProcess": "b", "organizationUnitCode": "s100",
    "organizationIdentifier": "s50", "purchasingGroupCode": "s25", "purchasingGroupName": "s250",
    "orderType": "Standard|Blanket", "releaseOrdersRequired": "b", "hidePricesFromSupplier": "b", "ownerEmail": "s",
    "ownerLogin": "s100", "ownerExternalCode": "s36", "purpose*": "s2000", "validityPeriodStartDate": "d",
    "validityPeriodEndDate": "d", "desiredDeliveryDate": "d", "desiredDeliveryEndDate": "d",
    "deliveryInstructions": "s250", "classification": "s250", "lastUpdated": "d", "deliveryAddress": _DELIVERY,
    "lines*": [_REQUISITION_LINE], **many("headerDataDate", 5, "d"), **many("headerDataText", 5, "s250"),
    **many("headerDataNum", 5, "n"),
}  # fmt: skip
