"""The properties of each entity, as the reference and the schema have them.

A property's kind is one of: ``s100`` text and its longest, ``b`` boolean, ``d`` decimal, ``i`` whole number, ``day``,
``ref``, ``addr``, ``phone``, ``email``, ``web``, ``e:A|B`` enumeration, ``lines``, ``links``, ``x`` any object or list,
``ro`` read-only: taken and not heeded.
"""

from __future__ import annotations

from typing import Final

Fields = dict[str, str]

COMMON: Final[Fields] = dict.fromkeys(("Id", "SyncToken", "MetaData", "domain", "sparse", "status"), "ro")
_NAMES: Final[Fields] = {
    "DisplayName": "s500", "Title": "s16", "GivenName": "s100", "MiddleName": "s100", "FamilyName": "s100",
    "Suffix": "s16", "CompanyName": "s100", "PrintOnCheckName": "s100", "Active": "b", "PrimaryPhone": "phone",
    "AlternatePhone": "phone", "Mobile": "phone", "Fax": "phone", "PrimaryEmailAddr": "email", "WebAddr": "web",
    "BillAddr": "addr", "ShipAddr": "addr", "CurrencyRef": "ref", "Balance": "ro", "OtherContactInfo": "x",
    "FullyQualifiedName": "ro", "AttachableRef": "x", "Source": "s100", "V4IDPseudonym": "ro",
}  # fmt: skip
_TRANSACTION: Final[Fields] = {
    "DocNumber": "s21", "TxnDate": "day", "PrivateNote": "s4000", "CurrencyRef": "ref", "ExchangeRate": "d",
    "Line": "lines", "TotalAmt": "ro", "HomeTotalAmt": "ro", "RecurDataRef": "ro", "TransactionLocationType": "s100",
    "TxnSource": "ro", "AttachableRef": "x", "Balance": "ro", "HomeBalance": "ro", "LinkedTxn": "x",
}  # fmt: skip
_TAX: Final = "e:TaxExcluded|TaxInclusive|NotApplicable"
_PURCHASE: Final[Fields] = {
    **_TRANSACTION, "VendorRef": "ref", "APAccountRef": "ref", "DepartmentRef": "ref", "GlobalTaxCalculation": _TAX,
    "TxnTaxDetail": "x", "VendorAddr": "addr",
}  # fmt: skip

ENTITIES: Final[dict[str, Fields]] = {
    "Vendor": {
        **_NAMES, "AcctNum": "s100", "TaxIdentifier": "s20", "Vendor1099": "b", "TermRef": "ref", "BillRate": "d",
        "CostRate": "d", "VendorPaymentBankDetail": "x", "APAccountRef": "ref", "TaxReportingBasis": "s20",
        "GSTIN": "s15", "GSTRegistrationType": "s15", "BusinessNumber": "s10", "T4AEligible": "b", "T5018Eligible": "b",
        "HasTPAR": "b",
    },
    "Customer": {
        **_NAMES, "Notes": "s2000", "ParentRef": "ref", "Job": "b", "SalesTermRef": "ref", "Taxable": "b",
        "BalanceWithJobs": "ro", "PreferredDeliveryMethod": "s30", "Level": "ro", "BillWithParent": "b",
        "DefaultTaxCodeRef": "ref", "PaymentMethodRef": "ref", "ResaleNum": "s16",
    },
    "Employee": {
        **_NAMES, "PrimaryAddr": "addr", "EmployeeNumber": "s100", "SSN": "s100", "BillableTime": "b",
        "HiredDate": "day",
    },
    "Account": {
        "Name": "s100", "AcctNum": "s20", "AccountType": "s100", "AccountSubType": "s100", "Classification": "ro",
        "Description": "s100", "ParentRef": "ref", "SubAccount": "b", "FullyQualifiedName": "ro", "CurrencyRef": "ref",
        "Active": "b", "CurrentBalance": "ro", "CurrentBalanceWithSubAccounts": "ro", "TaxCodeRef": "ref",
        "OpeningBalance": "ro", "OpeningBalanceDate": "ro",
    },
    "Department": {
        "Name": "s100", "ParentRef": "ref", "SubDepartment": "b", "FullyQualifiedName": "ro", "Active": "b",
        "Address": "addr",
    },
    "Class": {"Name": "s100", "ParentRef": "ref", "SubClass": "b", "FullyQualifiedName": "ro", "Active": "b"},
    "Term": {
        "Name": "s31", "Active": "b", "Type": "ro", "DueDays": "i", "DiscountPercent": "d", "DiscountDays": "i",
        "DayOfMonthDue": "i", "DueNextMonthDays": "i", "DiscountDayOfMonth": "i",
    },
    "Item": {
        "Name": "s100", "Type": "e:Service|NonInventory|Inventory|Category", "Active": "b", "Sku": "s100",
        "Description": "s4000", "PurchaseDesc": "s1000", "UnitPrice": "d", "PurchaseCost": "d", "Taxable": "b",
        "IncomeAccountRef": "ref", "ExpenseAccountRef": "ref", "AssetAccountRef": "ref", "TrackQtyOnHand": "b",
        "QtyOnHand": "d", "InvStartDate": "day", "ParentRef": "ref", "SubItem": "b", "FullyQualifiedName": "ro",
        "Level": "ro", "SalesTaxIncluded": "b", "PurchaseTaxIncluded": "b", "ClassRef": "ref",
        "SalesTaxCodeRef": "ref", "PurchaseTaxCodeRef": "ref", "PrefVendorRef": "ref", "ReorderPoint": "d",
    },
    "Bill": {**_PURCHASE, "DueDate": "day", "SalesTermRef": "ref", "IncludeInAnnualTPAR": "b", "RemitToAddr": "ro"},
    "VendorCredit": {**_PURCHASE, "IncludeInAnnualTPAR": "b"},
    "PurchaseOrder": {
        **_PURCHASE, "Memo": "s4000", "POStatus": "e:Open|Closed", "POEmail": "email", "EmailStatus": "s30",
        "ClassRef": "ref", "SalesTermRef": "ref", "DueDate": "day", "ShipAddr": "addr", "ShipTo": "ref",
        "ShipMethodRef": "ref", "CustomField": "x",
    },
    "BillPayment": {
        **_TRANSACTION, "VendorRef": "ref", "TotalAmt": "d", "PayType": "e:Check|CreditCard", "CheckPayment": "x",
        "CreditCardPayment": "x", "APAccountRef": "ref", "DepartmentRef": "ref", "ProcessBillPayment": "b",
    },
    "JournalEntry": {
        **_TRANSACTION, "Adjustment": "b", "TxnTaxDetail": "x", "GlobalTaxCalculation": _TAX, "TaxRateRef": "ref",
        "HomeCurrencyAdjustment": "b",
    },
    "Attachable": {
        "FileName": "s1000", "Note": "s2000", "ContentType": "s100", "Category": "s100", "AttachableRef": "x",
        "Size": "ro", "FileAccessUri": "ro", "TempDownloadUri": "ro", "ThumbnailFileAccessUri": "ro",
        "ThumbnailTempDownloadUri": "ro", "PlaceName": "s2000", "Tag": "s2000", "Lat": "s100", "Long": "s100",
    },
}  # fmt: skip

#: Lists whose members are made inactive and never deleted.
LISTS: Final = ("Account", "Vendor", "Customer", "Employee", "Department", "Class", "Term", "Item")
NAMES: Final = ("Vendor", "Customer", "Employee")
TRANSACTIONS: Final = ("Bill", "VendorCredit", "PurchaseOrder", "BillPayment", "JournalEntry")
DELETABLE: Final = (*TRANSACTIONS, "Attachable")
READ_ONLY: Final = ("TaxCode", "TaxRate")
SINGLES: Final = ("CompanyInfo", "Preferences")
KINDS: Final = (*ENTITIES, *READ_ONLY, *SINGLES)
#: How a path spells an entity.
BY_PATH: Final = {kind.lower(): kind for kind in KINDS}
SPARSE_DOCUMENTED: Final = ("CompanyInfo", "Customer", "JournalEntry")

_DETAIL: Final[Fields] = {
    "ClassRef": "ref", "CustomerRef": "ref", "TaxCodeRef": "ref", "MarkupInfo": "x", "TaxInclusiveAmt": "d",
    "BillableStatus": "e:Billable|NotBillable|HasBeenBilled",
}  # fmt: skip
DETAILS: Final[dict[str, Fields]] = {
    "AccountBasedExpenseLineDetail": {**_DETAIL, "AccountRef": "ref", "TaxAmount": "d"},
    "ItemBasedExpenseLineDetail": {
        **_DETAIL, "ItemRef": "ref", "Qty": "d", "UnitPrice": "d", "PriceLevelRef": "ref", "ItemAccountRef": "ref",
    },
    "JournalEntryLineDetail": {
        "PostingType": "e:Debit|Credit", "AccountRef": "ref", "Entity": "x", "ClassRef": "ref", "DepartmentRef": "ref",
        "TaxCodeRef": "ref", "TaxApplicableOn": "e:Sales|Purchase", "TaxAmount": "d", "JournalCodeRef": "ref",
        "BillableStatus": "e:Billable|NotBillable|HasBeenBilled", "TaxInclusiveAmt": "d",
    },
    "DescriptionLineDetail": {"ServiceDate": "day", "TaxCodeRef": "ref"},
}  # fmt: skip
LINE: Final[Fields] = {
    "Id": "ro", "LineNum": "i", "Description": "s4000", "Amount": "d", "DetailType": "s100", "LinkedTxn": "x",
    "ProjectRef": "ref", "Received": "d", "CustomField": "x", "LineEx": "ro", **dict.fromkeys(DETAILS, "x"),
}  # fmt: skip
#: What a query may ask for and sort by, beside Id and MetaData.
QUERYABLE: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(NAMES, ("DisplayName", "GivenName", "FamilyName", "CompanyName", "PrintOnCheckName", "Active")),
    "Account": ("Name", "FullyQualifiedName", "AccountType", "AccountSubType", "Classification", "Active"),
    "Department": ("Name", "FullyQualifiedName", "Active"),
    "Class": ("Name", "FullyQualifiedName", "Active"),
    "Term": ("Name", "Active"),
    "Item": ("Name", "FullyQualifiedName", "Sku", "Type", "Active"),
    "TaxCode": ("Name", "Active"),
    "TaxRate": ("Name", "Active"),
    **{kind: ("TxnDate", "DocNumber", "VendorRef") for kind in TRANSACTIONS if kind != "JournalEntry"},
    "JournalEntry": ("TxnDate", "DocNumber"),
    "Attachable": ("FileName", "AttachableRef.EntityRef.Type", "AttachableRef.EntityRef.value"),
    "CompanyInfo": (),
    "Preferences": (),
}
