"""The decision over one dose: dossier, rules, disposition, release, rejection."""
