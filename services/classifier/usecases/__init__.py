"""What the classifier can do, one function per use case."""
