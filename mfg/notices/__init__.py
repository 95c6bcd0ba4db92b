"""Notices to a role that have to be acknowledged in time, and the log of calls made besides."""
