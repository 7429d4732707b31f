"""The web edge of a service: application, access, problems, operations, cursors."""
