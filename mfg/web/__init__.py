"""What every page and endpoint shares: who is there, doors opened as forms and as JSON, refusals answered.

It knows no room: `app.py` hands it their doors, views and pages.
"""
