"""Electronic batch record, QC and dose release for donor NK cells loaded with a bispecific antibody."""

__version__ = "0.5.0"
