"""Vietnamese text: one normal form in, accent-free search, the alphabet's own sort order."""

import re
import unicodedata

# Control, bidi and zero-width characters never belong in a name or a note; a line break becomes
# a space. Lone surrogates come from hostile JSON and no database takes them.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_SPACES = re.compile(r"\s+")
_DROPPED_D = str.maketrans({"đ": "d", "Đ": "d"})

# The Vietnamese alphabet; letters equal at first level differ by tone at the second
# (order of tones as in ICU `vi`: level, grave, hook, tilde, acute, dot).
_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_MARKED = {"\u0306": "breve", "\u0302": "circumflex", "\u031b": "horn"}
_SHAPES = {
    ("a", "breve"): "ă",
    ("a", "circumflex"): "â",
    ("e", "circumflex"): "ê",
    ("o", "circumflex"): "ô",
    ("o", "horn"): "ơ",
    ("u", "horn"): "ư",
}


def clean(value: str) -> str:
    """Return text in NFC without unseen characters, spaces squeezed; twice changes nothing."""
    spaced = _SPACES.sub(" ", value)
    seen = "".join(c for c in spaced if unicodedata.category(c) not in _UNSEEN)
    return _SPACES.sub(" ", unicodedata.normalize("NFC", seen)).strip()


def search_key(value: str) -> str:
    """Return text folded for search: lower case, no marks, đ as d, so `hoà` and `hòa` are one."""
    plain = unicodedata.normalize("NFD", clean(value).lower())
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return bare.translate(_DROPPED_D)


def matches(query: str, *texts: str) -> bool:
    """Tell whether every word of the query stands inside one of the texts, accents ignored."""
    haystack = " ".join(search_key(text) for text in texts)
    return all(word in haystack for word in search_key(query).split())


def sort_key(value: str) -> str:
    """Return a string whose plain order is the Vietnamese dictionary order (as ICU `vi`).

    Letters first, then tones, then case; digits before letters. The key is stored beside names,
    so that both databases order alike whatever their own collation.
    """
    primary: list[str] = []
    tones: list[str] = []
    case: list[str] = []
    for char in unicodedata.normalize("NFD", clean(value)):
        if char in _TONES:
            if tones:
                tones[-1] = str(_TONES[char])
        elif char in _MARKED:
            shape = _SHAPES.get((primary[-1], _MARKED[char])) if primary else None
            if shape:
                primary[-1] = shape
        else:
            primary.append(char.lower())
            tones.append("0")
            case.append("1" if char.isupper() else "0")
    weights = "".join(_letter_weight(c) for c in primary)
    return f"{weights} {''.join(tones)} {''.join(case)}"


def _letter_weight(char: str) -> str:
    if char in _LETTERS:
        return f"{_LETTERS.index(char) + 40:02d}"
    if char == " ":
        return "01"
    if char.isdigit() and char.isascii():
        return f"{int(char) + 20:02d}"
    return "05"
