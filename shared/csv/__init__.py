"""CSV files as people send them: encodings, separators, cells, faults with line and column."""
