"""Every table of the house in one metadata, for migrations, guards and verification. It has no table itself."""

from __future__ import annotations

from sqlalchemy import MetaData

import mfg.batches.hold_records
import mfg.batches.records
import mfg.batches.sample_records
import mfg.batches.stops
import mfg.checkpoints
import mfg.controls.records
import mfg.custody.recall_records
import mfg.custody.records
import mfg.custody.shipment_records
import mfg.documents.records
import mfg.donors.records
import mfg.equipment.area_records
import mfg.equipment.monitoring_records
import mfg.equipment.records
import mfg.equipment.workstation_records
import mfg.files
import mfg.identity
import mfg.labelling.records
import mfg.labelling.sheet_records
import mfg.ledger
import mfg.materials.records
import mfg.notices.records
import mfg.printing.records
import mfg.qc.instrument_records
import mfg.qc.oos_records
import mfg.qc.records
import mfg.qc.sampling_records
import mfg.qc.sterility_records
import mfg.quality.records
import mfg.release.exceptional_records
import mfg.release.records
import mfg.review.records
import mfg.training.records
import mfg.trending.records
import mfg.trial.records
from mfg.db import Base

METADATA: MetaData = Base.metadata
