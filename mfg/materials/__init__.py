"""Lots of materials that go into a batch, the bispecific antibody first of all."""
