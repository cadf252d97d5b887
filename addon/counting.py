"""How many of something there are, in words."""


def counted(number: int, one: str, several: str) -> str:
    """one for 1, else several, whose {} is the number with its thousands apart. Both are texts with a translation."""
    return one if number == 1 else several.format(f"{number:,}")
