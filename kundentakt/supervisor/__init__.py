"""The processes of a local installation: their environment, start, watch and end."""
