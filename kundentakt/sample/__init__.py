"""The sample agency: an invented brokerage in Sangerhausen, as the files a broker would export.

``write_sample_agency`` writes them; the bytes depend on seed, day and size alone.
"""

from kundentakt.sample.agency import SampleAgency, SampleTooSmall, write_sample_agency
from kundentakt.sample.defects import BrokenRow
from kundentakt.sample.gdv import GdvFile
from kundentakt.sample.showcase import Cancellation

__all__ = [
    "BrokenRow",
    "Cancellation",
    "GdvFile",
    "SampleAgency",
    "SampleTooSmall",
    "write_sample_agency",
]
