"""GDV stock files (VU-Vermittler, Bestandsdatensatz): customers and contracts of insurers."""

from services.classifier.importers.gdv.charset import ENCODINGS, Encoding
from services.classifier.importers.gdv.delivery import read_gdv
from services.classifier.importers.gdv.physical import NotAGdvFile, looks_like_gdv

__all__ = ["ENCODINGS", "Encoding", "NotAGdvFile", "looks_like_gdv", "read_gdv"]
