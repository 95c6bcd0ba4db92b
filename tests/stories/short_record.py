"""A short master record, from receipt to filling in seven steps: all that a story needs, and nothing is loaded.

One hold time runs out within seconds, so that a story can wait for it.
"""

from __future__ import annotations

#: minutes: three seconds
BENCH_MINUTES = "0.05"
SHORT = f"""
key: NK-SHORT
title: A short process from receipt to filling
shelf_life_hours: "24"
holds:
- {{id: bench, title: Open on the bench, limit_minutes: "{BENCH_MINUTES}", temperature: room temperature,
   segments: [[open.opened, transfer]]}}
- {{id: waiting, title: From the count to the fill, limit_minutes: "240", warn_minutes: "200",
   segments: [[count, formulate]]}}
phases:
- id: receipt
  title: Receipt
  steps:
  - id: receive
    title: Take the collection in
    instruction: Scan the collection bag. Weigh it and look at it against the light.
    sop: SOP-901
    critical: true
    fields:
    - {{id: bag, label: Collection bag, kind: scan container, container_kind: collection bag}}
    - {{id: volume, label: Volume in the bag, kind: number, unit: mL, low: "30", high: "600", blind: true}}
    - {{id: intact, label: Bag intact, kind: yesno, not_good: ["no"]}}
- id: wash
  title: Wash
  steps:
  - id: wash
    title: Wash once
    instruction: Add buffer, spin, take the supernatant off.
    sop: SOP-901
    fields:
    - {{id: buffer, label: Wash buffer, kind: scan lot, lot_kind: wash buffer}}
    - {{id: buffer_ml, label: Buffer added, kind: number, unit: mL, low: "50", high: "500", of: buffer}}
    - {{id: minutes, label: Time in the centrifuge, kind: number, unit: min, low: "5", high: "10"}}
  - id: count
    title: Count the cells
    instruction: Mix, take a sample, count it.
    critical: true
    fields:
    - {{id: counted_at, label: Counted at, kind: time, role: count.at}}
    - {{id: viable, label: Viable cells, kind: number, unit: "10*6/mL", low: "0.1", high: "50",
       role: count.viable_per_ml, blind: true}}
    - {{id: viability, label: Viability, kind: number, unit: "%", low: "80", high: "100", role: count.viability}}
    - {{id: volume, label: Volume, kind: number, unit: mL, low: "10", high: "600", role: count.volume_ml}}
    - {{id: total, label: Viable cells in all, kind: calculated, unit: "{{cells}}", formula: viable * volume * 1e6,
       low: "1e7"}}
    - {{id: note, label: Note, kind: text, optional: true}}
- id: bench
  title: Bench
  steps:
  - id: open
    title: Open the bag on the bench
    instruction: Open the bag in the cabinet and write down when.
    fields:
    - {{id: opened, label: Bag opened at, kind: time}}
  - id: transfer
    title: Transfer into the harvest bag
    instruction: Transfer everything and close the bag.
    fields:
    - {{id: bag, label: Harvest bag, kind: scan container, container_kind: harvest}}
    - {{id: clumps, label: Clumps, kind: choice, choices: [none seen, some], not_good: [some]}}
- id: fill
  title: Fill
  steps:
  - id: formulate
    title: Formulate
    instruction: Bring the cells to their volume. Fill and check the bag on the page of the dose.
    critical: true
    fields:
    - {{id: bag, label: Harvest bag, kind: scan container, container_kind: harvest}}
    - {{id: volume, label: Volume after formulation, kind: number, unit: mL, low: "10", high: "600"}}
"""
