"""Files of brokers and insurers as customers, contracts, commissions and interactions.

``any_file`` is the one door for every kind of file. Nothing is imported here, because the process
that reads a list loads no more than that needs.
"""
