"""Free text to codes: ISO 4217 currencies, ISO 3166-1 countries. Own tables; what they lack stays raw."""

import re

ISO_4217 = frozenset(
    re.findall(
        "[A-Z]{3}",
        """
        AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD
        CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
        GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK
        LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR
        PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
        THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF
        YER ZAR ZMW ZWG
        """,
    )
)

#: Name as Procurify's users write it, in small letters without dots → ISO 3166-1 alpha-2.
COUNTRIES = {
    "argentina": "AR",
    "australia": "AU",
    "austria": "AT",
    "bahamas": "BS",
    "bahrain": "BH",
    "bangladesh": "BD",
    "barbados": "BB",
    "belgium": "BE",
    "bermuda": "BM",
    "brazil": "BR",
    "bulgaria": "BG",
    "canada": "CA",
    "cayman islands": "KY",
    "chile": "CL",
    "china": "CN",
    "colombia": "CO",
    "costa rica": "CR",
    "croatia": "HR",
    "cyprus": "CY",
    "czech republic": "CZ",
    "czechia": "CZ",
    "denmark": "DK",
    "deutschland": "DE",
    "dominican republic": "DO",
    "ecuador": "EC",
    "egypt": "EG",
    "england": "GB",
    "estonia": "EE",
    "finland": "FI",
    "france": "FR",
    "germany": "DE",
    "ghana": "GH",
    "great britain": "GB",
    "greece": "GR",
    "guatemala": "GT",
    "hong kong": "HK",
    "hungary": "HU",
    "iceland": "IS",
    "india": "IN",
    "indonesia": "ID",
    "ireland": "IE",
    "israel": "IL",
    "italy": "IT",
    "jamaica": "JM",
    "japan": "JP",
    "jordan": "JO",
    "kenya": "KE",
    "kuwait": "KW",
    "latvia": "LV",
    "lebanon": "LB",
    "lithuania": "LT",
    "luxembourg": "LU",
    "malaysia": "MY",
    "malta": "MT",
    "mexico": "MX",
    "méxico": "MX",
    "morocco": "MA",
    "netherlands": "NL",
    "new zealand": "NZ",
    "nigeria": "NG",
    "northern ireland": "GB",
    "norway": "NO",
    "oman": "OM",
    "pakistan": "PK",
    "panama": "PA",
    "peru": "PE",
    "philippines": "PH",
    "poland": "PL",
    "portugal": "PT",
    "puerto rico": "PR",
    "qatar": "QA",
    "romania": "RO",
    "saudi arabia": "SA",
    "scotland": "GB",
    "serbia": "RS",
    "singapore": "SG",
    "slovakia": "SK",
    "slovenia": "SI",
    "south africa": "ZA",
    "south korea": "KR",
    "spain": "ES",
    "sri lanka": "LK",
    "sweden": "SE",
    "switzerland": "CH",
    "taiwan": "TW",
    "thailand": "TH",
    "the netherlands": "NL",
    "trinidad and tobago": "TT",
    "turkey": "TR",
    "türkiye": "TR",
    "uae": "AE",
    "uk": "GB",
    "ukraine": "UA",
    "united arab emirates": "AE",
    "united kingdom": "GB",
    "united states": "US",
    "united states of america": "US",
    "uruguay": "UY",
    "us": "US",
    "usa": "US",
    "vietnam": "VN",
    "wales": "GB",
}
ALPHA_2 = frozenset(COUNTRIES.values())
ALPHA_3 = {"AUS": "AU", "CAN": "CA", "DEU": "DE", "FRA": "FR", "GBR": "GB", "IRL": "IE", "MEX": "MX", "NZL": "NZ"}

#: The name written to Procurify for a code whose table has several.
NAMES = {
    **{code: name.title() for name, code in reversed(COUNTRIES.items())},
    "AE": "United Arab Emirates",
    "CZ": "Czech Republic",
    "DE": "Germany",
    "GB": "United Kingdom",
    "MX": "Mexico",
    "NL": "Netherlands",
    "TR": "Turkey",
    "TT": "Trinidad and Tobago",
    "US": "United States",
}


def currency_code(name: str | None) -> str | None:
    """The ISO 4217 code in a currency's free-text name; None when it is not one."""
    code = name.strip().upper() if name else None
    return code if code in ISO_4217 else None


def country_code(text: str | None) -> str | None:
    """ISO 3166-1 alpha-2 of a country written freely; None when the table does not know it."""
    if text is None:
        return None
    plain = " ".join(text.replace(".", "").split())
    upper = plain.upper()
    if upper in ALPHA_2:
        return upper
    return ALPHA_3.get(upper) or COUNTRIES.get(plain.casefold())


def country_name(code: str | None) -> str | None:
    """English name of a country code, the code itself when the table does not know it."""
    return None if code is None else NAMES.get(code, code)
