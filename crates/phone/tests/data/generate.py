#!/usr/bin/env python3
"""Writes sample.tsv beside this file: texts, what Google's library says of each, and what a person meant.

    python3 -m venv venv && venv/bin/pip install phonenumbers==9.0.43
    venv/bin/pip install --target old33 phonenumbers==9.0.33
    venv/bin/pip install --target old42 phonenumbers==9.0.42
    venv/bin/python generate.py old33 old42

The answers are those of the Python port of libphonenumber. The same version and seed give the same file.
Numbers are the library's own examples, changed examples, and ranges reserved for fiction: nobody's.

Columns: class, home (default region, ZZ for none), input (escapes \\t \\n \\r \\0 \\\\), status, e164,
international, national, rfc3966, valid, type, cc, nsn, ext, stable, truth, other.
`stable` is 1 where the older versions answer the same. `truth` is the E.164 number that the text was made
from, where it was made from one; `other` is a second number in the text.
"""
import json
import os
import random
import string
import subprocess
import sys
from pathlib import Path

import phonenumbers as pn
from phonenumbers import PhoneMetadata, PhoneNumberFormat as F, PhoneNumberType as T

VERSION = "9.0.43"
SEED = 20261122
PER_CLASS = 62
COLUMNS = "class home input status e164 international national rfc3966 valid type cc nsn ext stable truth other".split()
TYPES = {getattr(T, name): name for name in dir(T) if name.isupper()}
ERRORS = ["InvalidCountryCode", "NotANumber", "TooShortAfterIdd", "TooShortNsn", "TooLongNsn"]
DIGITS = {"fullwidth": 0xFF10, "arabic": 0x660, "farsi": 0x6F0, "deva": 0x966, "bengali": 0x9E6, "thai": 0xE50}
# Reserved for fiction and drama by their regulators.
FICTION = [
    "+14155550100", "+12125550142", "+16135550199", "+442079460018", "+441632960123", "+447700900461",
    "+448081570192", "+61255501234", "+61491570006", "+33199001234", "+493023125012", "+4917139200042",
    "+353209100123", "+46317900601", "+3197014100123", "+36550001234", "+48699500123",
]


def main():
    if sys.argv[1:] == ["--answer"]:
        json.dump([answer(*question) for question in json.load(sys.stdin)], sys.stdout)
        return
    if pn.__version__ != VERSION or len(sys.argv) != 3:
        raise SystemExit(f"needs phonenumbers {VERSION} and the folders of two older versions; this is {pn.__version__}")
    dice = random.Random(SEED)
    rows = {}
    for kind, home, text, *meant in [*made_from_numbers(dice), *special(), *junk(dice)]:
        rows.setdefault((home, text), (kind, *meant, "", "")[:3])
    before = [answers_of(folder, list(rows)) for folder in sys.argv[1:]]
    lines = ["\t".join(COLUMNS)]
    for at, ((home, text), (kind, truth, other)) in enumerate(rows.items()):
        found = answer(home, text)
        stable = all(answers[at] == found for answers in before)
        row = found | {"class": kind, "home": home, "input": escaped(text), "stable": str(int(stable)), "truth": truth, "other": other}
        if any("\t" in value or "\n" in value for value in row.values()):
            raise SystemExit(f"a field breaks the table: {row}")
        lines.append("\t".join(row.get(column, "") for column in COLUMNS))
    path = Path(__file__).with_name("sample.tsv")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    print(len(rows), "rows,", sum(line.split("\t")[13] == "0" for line in lines), "not stable")


def answers_of(folder, questions):
    """What the version of the library in a folder says."""
    run = subprocess.run(
        [sys.executable, __file__, "--answer"], input=json.dumps(questions), capture_output=True, check=True, text=True,
        env=os.environ | {"PYTHONPATH": folder},
    )
    return json.loads(run.stdout)


def answer(home, text):
    """What this version of the library says."""
    try:
        number = pn.parse(text, None if home == "ZZ" else home)
    except pn.NumberParseException as error:
        return {"status": "ERR:" + ERRORS[error.error_type]}
    return {
        "status": "OK",
        "e164": pn.format_number(number, F.E164),
        "international": pn.format_number(number, F.INTERNATIONAL),
        "national": pn.format_number(number, F.NATIONAL),
        "rfc3966": pn.format_number(number, F.RFC3966),
        "valid": str(int(pn.is_valid_number(number))),
        "type": TYPES[pn.number_type(number)],
        "cc": str(number.country_code),
        "nsn": pn.national_significant_number(number),
        "ext": number.extension or "",
    }


def escaped(text):
    for raw, shown in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ("\0", "\\0")):
        text = text.replace(raw, shown)
    return text


def base_numbers(dice):
    """(region, number) of every region and type: the examples, and one changed example each."""
    found = {}
    for text in FICTION:
        number = pn.parse(text)
        found[text] = (pn.region_code_for_number(number), number)
    for region in sorted(pn.SUPPORTED_REGIONS):
        for kind in sorted(TYPES):
            example = pn.example_number_for_type(region, kind)
            for number in [example, changed(example, region, dice)] if example else []:
                if number and pn.region_code_for_number(number) == region:
                    found.setdefault(pn.format_number(number, F.E164), (region, number))
    for code in sorted(pn.COUNTRY_CODES_FOR_NON_GEO_REGIONS):
        number = pn.example_number_for_non_geo_entity(code)
        if number:
            found.setdefault(pn.format_number(number, F.E164), ("001", number))
    return [entry for entry in found.values() if pn.is_valid_number(entry[1])]


def changed(example, region, dice):
    nsn = pn.national_significant_number(example)
    for _ in range(20):
        tail = "".join(dice.choice(string.digits) for _ in range(3))
        try:
            number = pn.parse(f"+{example.country_code}{nsn[:-3]}{tail}")
        except pn.NumberParseException:
            continue
        if pn.is_valid_number(number) and pn.region_code_for_number(number) == region:
            return number
    return None


def made_from_numbers(dice):
    """Texts with a known truth: each class over numbers drawn anew, so that all regions come up."""
    base = base_numbers(dice)
    geographic = [entry for entry in base if entry[0] != "001"]
    for kind, write in CLASSES.items():
        pool = base if kind in {"e164_noregion", "e164_elsewhere", "sip_uri", "rfc3966"} else geographic
        done = 0
        for region, number in dice.sample(pool, len(pool)):
            written = write(Source(region, number), dice)
            if written is None:
                continue
            home, text = written
            yield kind, home, text, pn.format_number(number, F.E164)
            done += 1
            if done == PER_CLASS:
                break
    for region, number in dice.sample(geographic, PER_CLASS):
        first, second = Source(region, number), None
        for other_region, other in dice.sample(geographic, 400):
            if other_region == region and other != number:
                second = Source(other_region, other)
                break
        if second and first.national_is_clear() and second.national_is_clear():
            yield "two_numbers", region, f"{first.national} / {second.national}", first.e164, second.e164


class Source:
    """A number with the pieces that classes are written from."""

    def __init__(self, region, number):
        self.home = region if region != "001" else "ZZ"
        self.number = number
        self.code = number.country_code
        self.nsn = pn.national_significant_number(number)
        self.e164 = pn.format_number(number, F.E164)
        self.international = pn.format_number(number, F.INTERNATIONAL)
        self.national = pn.format_number(number, F.NATIONAL)
        self.digits = self.e164[1:]

    def reads_as_itself(self, text):
        try:
            return pn.format_number(pn.parse(text, self.home), F.E164) == self.e164
        except pn.NumberParseException:
            return False

    def national_is_clear(self):
        return len(self.nsn) >= 7 and self.reads_as_itself(self.national)

    def trunk(self):
        """The trunk prefix, if people at home dial this number with one."""
        metadata = PhoneMetadata.metadata_for_region(self.home)
        prefix = (metadata.national_prefix or "") if metadata else ""
        dialled = "".join(sign for sign in self.national if sign.isdigit())
        return prefix if prefix and dialled == prefix + self.nsn else None

    def exit(self):
        metadata = PhoneMetadata.metadata_for_region(self.home)
        prefix = metadata.international_prefix if metadata else ""
        return prefix if prefix and prefix.isdigit() else None


def elsewhere(source, dice, regions=("US", "DE", "GB", "JP", "IT", "BR", "FR", "RU")):
    return dice.choice([region for region in regions if region != source.home])


def at_home(write, clear=True):
    """A class of texts read at home; `clear` asks that the national form reads as itself there."""

    def written(source, dice):
        if clear and not source.national_is_clear():
            return None
        text = write(source, dice)
        return None if text is None else (source.home, text)

    return written


def in_script(text, zero):
    return "".join(chr(zero + int(sign)) if sign.isascii() and sign.isdigit() else sign for sign in text)


def extension(mark, lengths=(2, 3, 4, 5), form="international"):
    def write(source, dice):
        digits = "".join(dice.choice("123456789") for _ in range(dice.choice(lengths)))
        text = getattr(source, form) + mark.format(digits)
        return text if source.reads_as_itself(text) else None

    return at_home(write, clear=form == "national")


def punctuation(joint, form="international"):
    def write(source, _):
        groups = getattr(source, form).replace("(", " ").replace(")", " ").replace("-", " ").replace("/", " ").split()
        text = joint.join(groups)
        return text if "0" <= text[-1] <= "9" and source.reads_as_itself(text) else None

    return at_home(write, clear=form == "national")


def dress(template, form="e164"):
    return at_home(lambda source, _: template.format(getattr(source, form)), clear=form == "national")


def foreign(template, home=None):
    def written(source, dice):
        region = home or elsewhere(source, dice)
        if source.home == region:
            return None
        return region, template.format(e164=source.e164, digits=source.digits, inter=source.international[1:], code=source.code, nsn=source.nsn)

    return written


def bare_with_code(source, dice):
    """Digits with the country code and no plus; some of them are a national number at home as well."""
    return (source.home, source.digits) if len(source.digits) >= 8 else None


def bare_without_home(source, dice):
    return ("ZZ", source.digits) if len(source.digits) >= 8 else None


def trunk_zero(prefix):
    def written(source, dice):
        if source.trunk() != "0" or not source.national_is_clear():
            return None
        rest = source.international.split(" ", 1)[-1]
        return elsewhere(source, dice), f"{prefix}{source.code} (0){rest}"

    return written


CLASSES = {
    "e164": dress("{}"),
    "e164_noregion": lambda source, dice: ("ZZ", source.e164),
    "e164_elsewhere": foreign("{e164}"),
    "international": dress("{}", "international"),
    "international_elsewhere": foreign("+{inter}"),
    "national": dress("{}", "national"),
    "national_digits": at_home(lambda source, dice: "".join(sign for sign in source.national if sign.isdigit())),
    "significant": at_home(lambda source, dice: source.nsn),
    "trunk_significant": at_home(lambda source, dice: (source.trunk() or "") + source.nsn),
    "digits_code": bare_with_code,
    "digits_code_noregion": bare_without_home,
    "rfc3966": foreign("tel:{e164}"),
    "rfc3966_ext": foreign("tel:{e164};ext=12"),
    "rfc3966_isub": foreign("tel:{e164};isub=1234"),
    "rfc3966_npdi": foreign("tel:{e164};npdi;rn={e164}"),
    "rfc3966_context": at_home(lambda source, dice: f"tel:{source.nsn};phone-context=+{source.code}", clear=False),
    "sip_uri": foreign("sip:{e164}@pbx.example.com;user=phone"),
    "sip_escaped": foreign("sip:%2B{digits}@pbx.example.com:5060"),
    "sip_name": foreign('"A. Caller" <sip:{e164}@192.0.2.1:5060;transport=tcp>;tag=4711'),
    "sip_digits": at_home(lambda source, dice: f"sip:{source.digits}@pbx" if len(source.digits) > 7 else None, clear=False),
    "sip_national": at_home(lambda source, dice: f"<sips:{''.join(s for s in source.national if s.isdigit())}@pbx.example.com>"),
    "idd_own": lambda source, dice: None,
    "idd00_elsewhere": foreign("00{digits}", "DE"),
    "idd00_spaces": foreign("00 {inter}", "GB"),
    "idd011": foreign("011{digits}", "US"),
    "idd010": foreign("010{digits}", "JP"),
    "idd00_wrong": foreign("00{digits}", "US"),
    "idd011_wrong": foreign("011 {inter}", "DE"),
    "plus00": foreign("+00{digits}", "DE"),
    "trunk_zero_plus": trunk_zero("+"),
    "trunk_zero_idd": trunk_zero("00"),
    "ext_word": extension(" ext. {}"),
    "ext_long": extension(" extension {}", form="national"),
    "ext_x": extension(" x{}"),
    "ext_hash": extension(" #{}", form="national"),
    "ext_comma": extension(",,{}#"),
    "ext_semicolon": extension(";ext={}"),
    "ext_russian": extension(" доб. {}"),
    "ext_int": extension(" int {}"),
    "slash": punctuation("/"),
    "dots": punctuation(".", "national"),
    "dashes": punctuation("-", "national"),
    "spaces": punctuation(" ", "national"),
    "nbsp": punctuation("\u00a0"),
    "en_dash": punctuation("–"),
    "full_stop_mix": punctuation(" - "),
    "invisible": dress("\u200e{}\u202c", "international"),
    "tab": dress("\t {} \r\n"),
    "quotes": dress("'{}'", "international"),
    "square": dress("[{}]", "international"),
    "label_lead": dress("Tel: {}", "international"),
    "label_mobile": dress("{} (mobile)", "international"),
    "label_work": dress("{} [Work]", "international"),
    "label_word": at_home(lambda source, dice: f"{source.international} - home" if len(source.digits) >= 9 else None),
    "label_numbered": dress("Phone 2: {}", "international"),
    "star67": at_home(lambda source, dice: f"*67 {source.nsn}" if source.reads_as_itself(source.nsn) else None),
    "hash31": dress("#31#{}"),
    "star31": at_home(lambda source, dice: f"*31#{source.national}"),
} | {f"script_{name}": at_home(lambda source, dice, zero=zero: in_script(source.international, zero), clear=False) for name, zero in DIGITS.items()}


def idd_own(source, dice):
    """A number abroad, dialled with the exit prefix of some home."""
    home = Source(dice.choice(HOMES), source.number)
    prefix = home.exit()
    return (home.home, prefix + source.digits) if prefix and home.home != source.home and len(prefix) > 1 else None


HOMES = ["AU", "BR", "CN", "FI", "FR", "GB", "HK", "ID", "IN", "JP", "KE", "KR", "MX", "NG", "NL", "PL", "SE", "SG", "TH", "UZ"]
CLASSES["idd_own"] = idd_own


def special():
    """Habits of countries, in words of the people there; the truth is set by hand."""
    for kind, home, text, truth in SPECIAL:
        yield kind, home, text, truth


SPECIAL = [
    ("habit", "US", "(415) 555-0100", "+14155550100"), ("habit", "US", "1-415-555-0100", "+14155550100"),
    ("habit", "US", "415.555.0100 Ext: 12", "+14155550100"), ("habit", "US", "4155550100", "+14155550100"),
    ("habit", "US", "+1 (0) 415 555 0100", "+14155550100"), ("habit", "ZZ", "14155550100", "+14155550100"),
    ("habit", "DE", "030/23125-012", "+493023125012"), ("habit", "DE", "(030) 23125 012", "+493023125012"),
    ("habit", "DE", "0049(0)30-23125012", "+493023125012"), ("habit", "US", "0049(0)3023125012", "+493023125012"),
    ("habit", "US", "4917139200042", "+4917139200042"), ("habit", "US", "+4917139200042", "+4917139200042"),
    ("habit", "GB", "020 7946 0018", "+442079460018"), ("habit", "GB", "+44 (0)20 7946 0018", "+442079460018"),
    ("habit", "IT", "06 698 12345", "+390669812345"), ("habit", "DE", "+39 06 698 12345", "+390669812345"),
    ("habit", "AR", "011 15-2345-6789", "+5491123456789"), ("habit", "AR", "(011) 4123-4567", "+541141234567"),
    ("habit", "BR", "(11) 98765-4321", "+5511987654321"), ("habit", "BR", "0 15 11 98765-4321", "+5511987654321"),
    ("habit", "BR", "11 8765-4321", "+5511987654321"), ("habit", "US", "+55 11 8765 4321", "+5511987654321"),
    ("habit", "MX", "044 55 1234 5678", "+525512345678"), ("habit", "MX", "045 55 1234 5678", "+525512345678"),
    ("habit", "MX", "01 55 1234 5678", "+525512345678"), ("habit", "US", "+52 1 55 1234 5678", "+525512345678"),
    ("habit", "US", "011 52 1 55 1234 5678", "+525512345678"), ("habit", "MX", "5215512345678", "+525512345678"),
    ("habit", "JP", "０３−１２３４−５６７８", "+81312345678"), ("habit", "FR", "01.99.00.12.34", "+33199001234"),
    ("habit", "AU", "(02) 5550 1234", "+61255501234"), ("habit", "US", "1-415-KLK-0100", "+14155550100"),
    ("habit", "RU", "8 (800) 123-45-67", "+78001234567"), ("habit", "US", "+229 90 01 12 34", "+2290190011234"),
    ("habit", "US", "+84 168 123 4567", "+84381234567"),
]


def junk(dice):
    """What is no number, and texts near one: no truth, only the reference's answer."""
    homes = ["ZZ", "US", "DE", "GB", "IT", "AR", "MX", "BR", "JP", "FR"]
    words = [
        "", " ", "()", "+", "-", "++", "anonymous", "Anonymous", "restricted", "unavailable", "unknown", "private", "n/a",
        "none", "tbd", "call reception", "see notes", "alice@example.com", "sip:alice@example.com", "📞", "+1📞4155550100",
        "0", "00", "000", "1", "12", "911", "112", "1001", "x1001", "ext 12", "*67", "#31#", "##002#", "*#06#", "**21*1001#",
        "12/11/2026", "2026-11-22", "10:30", "3.14159", "1e10", "0x41", "1234-5678-9012-3456", "+999123456789", "+0", "+00",
        "+1", "+12", "++14155550100", "+1+4155550100", "tel:", "sip:@", "<>", "<sip:>", "%00", "%2B", "\0", "\\", "\t", "\n",
    ]
    for text in words:
        yield "junk", dice.choice(homes), text
        yield "junk", "ZZ", text
    for _ in range(330):
        yield "fuzz_digits", dice.choice(homes), fuzz(dice, string.digits * 3 + "+ -()./", 4, 22)
    for _ in range(240):
        yield "fuzz_signs", dice.choice(homes), fuzz(dice, string.digits + "+-()./*#,;:=x@<> é٣５\u200b\u00a0~&|", 1, 30)
    for _ in range(90):
        yield "fuzz_ext", dice.choice(homes), f"{fuzz(dice, string.digits, 5, 13)}{dice.choice([' x', ' ext ', '#', ';ext=', ',,', ' int '])}{fuzz(dice, string.digits, 1, 8)}"
    base = base_numbers(dice)
    for region, number in dice.sample([entry for entry in base if entry[0] != "001"], 110):
        e164 = pn.format_number(number, F.E164)
        yield "too_short", region, e164[:-1]
        yield "too_long", region, e164 + dice.choice(string.digits)
        yield "tail7", region, pn.national_significant_number(number)[-7:]


def fuzz(dice, signs, least, most):
    return "".join(dice.choice(signs) for _ in range(dice.randint(least, most)))


if __name__ == "__main__":
    main()
