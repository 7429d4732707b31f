"""What a name gives away: legal forms, and one spelling to compare persons by."""

import re
from typing import Final

LEGAL_FORM: Final = re.compile(
    r"(?i)(?<![\w.])(gmbh|g?ug|ag|kg|kgaa|ohg|gbr|partg|e\.?\s?k\.?|e\.?\s?v\.?|e\.?\s?g\.?|mbh"
    r"|ltd\.?|se|inc\.?|stiftung|verein)(?![\w])"
)
SIGNS: Final = re.compile(r"[^a-z0-9]+")
SPELLINGS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def is_company_name(name: str) -> bool:
    """Whether the name carries a legal form: ``Muster GmbH & Co. KG``, ``Alt e.K.``."""
    return LEGAL_FORM.search(name) is not None


def comparable(name: str) -> str:
    """One spelling for comparison: ``Müller-Lüdenscheidt`` and ``MUELLER LUEDENSCHEIDT``."""
    return SIGNS.sub("", name.casefold().translate(SPELLINGS))
