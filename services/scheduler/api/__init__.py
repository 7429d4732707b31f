"""The scheduler's routes: they translate and decide nothing."""
