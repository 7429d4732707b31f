"""The demo of the main job: `run` runs it, the other modules are its steps."""
