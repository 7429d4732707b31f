"""What every bench prints: absolute numbers to inform, and one line with the ratio that counts."""

import statistics
from collections.abc import Sequence


def at_most(name: str, ratio: float, *, limit: float) -> bool:
    """Print ``NAME ratio=VALUE limit=LIMIT``; false where the bound is not kept."""
    print(f"{name} ratio={ratio:.2f} limit={limit}")
    return ratio <= limit


def at_least(name: str, ratio: float, *, floor: float) -> bool:
    """Print ``NAME ratio=VALUE floor=FLOOR``; false where the bound is not kept."""
    print(f"{name} ratio={ratio:.2f} floor={floor}")
    return ratio >= floor


def seconds(name: str, values: Sequence[float]) -> float:
    """Print the median and range of several runs; gives the median."""
    middle = statistics.median(values)
    print(f"  {name}: {middle:.2f} s (of {len(values)}: {min(values):.2f} to {max(values):.2f})")
    return middle
