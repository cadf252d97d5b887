"""Which phones look alike: Meta's fifteen visemes."""

from backend.speech.phones import BREATH, SILENCE

VISEMES = {
    "sil": (SILENCE, BREATH),
    "PP": ("P", "B", "M"),
    "FF": ("F", "V"),
    "TH": ("TH", "DH"),
    "DD": ("T", "D"),
    "kk": ("K", "G", "HH"),
    "CH": ("CH", "JH", "SH", "ZH"),
    "SS": ("S", "Z"),
    "nn": ("N", "NG", "L"),
    "RR": ("R", "ER"),
    "aa": ("AA", "AE", "AH", "AY"),
    "E": ("EH", "EY"),
    "I": ("IY", "Y", "IH"),
    "O": ("AO", "OW", "OY", "AW"),
    "U": ("UW", "UH", "W"),
}
VISEME = {phone: name for name, phones in VISEMES.items() for phone in phones}
