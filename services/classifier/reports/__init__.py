"""Reports: stored figures in, a printable file out."""
