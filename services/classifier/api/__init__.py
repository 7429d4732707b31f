"""Routes of the classifier: they translate and decide nothing."""
