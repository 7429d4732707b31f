"""What crosses a border: the models of every request, response and change.

Each module holds the shapes of one noun. Services, typed clients, tests and integrators
read and write these, so that a shape exists once.
"""
