"""Paper: facts in, PDF, ZPL and SVG bytes out.

It is not a judge and it reads nothing: no database, no request, no clock. Everything printed, the time of
printing included, arrives as a fact. Only this package imports reportlab.
"""
