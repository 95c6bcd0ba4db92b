"""Codes people scan and type: ISBT 128, GS1 and the system's own; check characters.

Pure text in, values out. It draws no bar codes (labelling does) and looks nothing up in a database.
"""
