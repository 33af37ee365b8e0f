"""What documentation prints and registries fix, as data for `private.py`."""

from __future__ import annotations

from typing import Final

FILE_ENDS_WORDS: Final = """\
png jpg jpeg gif svg webp py js ts css html php java json xml yaml txt md pdf
"""
FILE_ENDS: Final = frozenset(FILE_ENDS_WORDS.split())
"""Endings of file names that look like domains (icon@2x.png)."""
ROLES_WORDS: Final = """\
info marketing sales support abuse noc security postmaster hostmaster usenet news webmaster www uucp ftp git noreply
no-reply donotreply do-not-reply admin administrator contact help helpdesk service office press privacy billing jobs
careers hr team hello mail root customerservice customer.service feedback enquiries
"""
ROLES: Final = frozenset(ROLES_WORDS.split())
"""Mailboxes of a function (RFC 2142 and their like), which are nobody's in person."""
TEST_CARDS_WORDS: Final = """\
4111111111111111 4242424242424242 4012888888881881 4000056655665556 5555555555554444 5105105105105100
2223003122003222 5200828282828210 378282246310005 371449635398431 378734493671000 6011111111111117 6011000990139424
30569309025904 38520000023237 36227206271667 3530111333300000 3566002020360505 6200000000000005 4532015112830366
4916338506082832 4539578763621486
"""
TEST_CARDS: Final = frozenset(TEST_CARDS_WORDS.split())
"""Numbers that payment services print in their documentation for trying things out."""
IBAN_WORDS: Final = """\
AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24 DE:22 DK:18 DO:28 EE:20
EG:29 ES:24 FI:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30
KW:30 KZ:20 LB:28 LC:32 LI:21 LT:20 LU:20 LV:21 MC:27 MD:24 ME:22 MK:19 MR:27 MT:31 MU:30 NL:18 NO:15 PK:24 PL:28
PS:29 PT:25 QA:29 RO:24 RS:22 SA:24 SC:31 SE:24 SI:19 SK:24 SM:27 SV:28 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20
"""
IBAN_LENGTHS: Final = {pair[:2]: int(pair[3:]) for pair in IBAN_WORDS.split()}
"""Characters of an account number by country, of the SWIFT IBAN registry."""
TEST_IBANS_WORDS: Final = """\
DE89370400440532013000 GB29NWBK60161331926819 GB82WEST12345698765432 FR1420041010050500013M02606
ES9121000418450200051332 NL91ABNA0417164300 IT60X0542811101000000123456 CH9300762011623852957 BE68539007547034
AT611904300234573201 GB33BUKB20201555555555
"""
TEST_IBANS: Final = frozenset(TEST_IBANS_WORDS.split())
"""The registry's own examples, and others that documentation repeats."""
ISSUERS: Final = (
    ("4", "4", (16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("36", "36", (14,)),
    ("38", "39", (14,)),
    ("300", "305", (14,)),
    ("6011", "6011", (16,)),
    ("644", "659", (16,)),
    ("3528", "3589", (16,)),
    ("62", "62", (16, 17, 18, 19)),
)
"""First and last prefix, lengths: Visa, Mastercard twice, American Express twice, Diners three times, Discover twice,
JCB, UnionPay (ISO/IEC 7812 issuer ranges)."""
