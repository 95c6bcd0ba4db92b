"""The application for a WSGI server, built from the environment."""

from mfg.app import create_app, watched

application = app = watched(create_app())
