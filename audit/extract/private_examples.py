"""Values that look private and are everybody's: reserved names, test cards, account numbers of documentation."""

from __future__ import annotations

from typing import Final

NOBODY: Final = frozenset(
    {
        *("user", "username", "name", "yourname", "your.name", "your_name", "youremail", "your.email", "email"),
        *("someone", "example", "test", "git", "noreply", "no-reply", "firstname.lastname", "first.last", "john.doe"),
        *("jane.doe", "johndoe", "janedoe", "abc", "xyz", "foo", "bar"),
    }
)
"""Parts before the @ that name nobody."""
FILES: Final = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "js", "css", "py", "html", "json", "txt", "md"})
"""Ends of file names that look like domains, as in icon@2x.png."""
CARDS: Final = frozenset(
    {
        *("4111111111111111", "4242424242424242", "4000056655665556", "4012888888881881", "4222222222222"),
        *("5555555555554444", "5105105105105100", "2223003122003222", "5200828282828210", "378282246310005"),
        *("371449635398431", "378734493671000", "6011111111111117", "6011000990139424", "30569309025904"),
        *("38520000023237", "3530111333300000", "3566002020360505", "4000000000000002", "4012000033330026"),
    }
)
"""Numbers that payment services publish for tests."""
IBANS: Final = frozenset(
    {
        *("DE89370400440532013000", "GB82WEST12345698765432", "GB29NWBK60161331926819", "FR1420041010050500013M02606"),
        *("NL91ABNA0417164300", "CH9300762011623852957", "ES9121000418450200051332", "IT60X0542811101000000123456"),
        *("BE68539007547034", "AT611904300234573201", "NO9386011117947"),
    }
)
"""Examples of the registry of account numbers."""
SSNS: Final = frozenset({"078-05-1120", "219-09-9999", "123-45-6789", "111-11-1111", "555-55-5555"})
RESOLVERS: Final = frozenset({"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "1.2.3.4"})
"""Public name servers, and what stands for an address."""

_SIZES: Final = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 "
    "FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 "
    "LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SD18 "
    "SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)
IBAN_SIZES: Final = {entry[:2]: int(entry[2:]) for entry in _SIZES.split(" ")}
"""Characters of an account number by country (ISO 13616 registry)."""
