"""Accounts, roles and signing in. Who people are is kept by the kernel (identity.py)."""
