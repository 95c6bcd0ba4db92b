"""A small master record with everything the language has; tests change one thing in it at a time."""

from __future__ import annotations

GOOD = """\
key: TWO-STEPS
title: A process with branches, loops and holds
phases:
- id: first
  title: First
  steps:
  - id: receive
    title: Receive
    instruction: Scan and look.
    sop: SOP-101/2
    qualifications: [gowning]
    fields:
    - {id: lot, label: Buffer, kind: scan lot, lot_kind: wash buffer, blind: true}
    - {id: volume, label: Volume, kind: number, unit: mL, low: "30", high: "600", alert_low: "40", blind: true}
    - {id: viable, label: Viable cells, kind: number, unit: "10*6/mL", low: "0.1"}
    - {id: used, label: Buffer used, kind: number, unit: mL, of: lot}
    - {id: cells, label: Viable cells, kind: calculated, unit: "{cells}", formula: viable * volume * 1e6}
    - {id: free, label: Free, kind: reading, unit: ug/mL}
    - {id: look, label: Look, kind: choice, choices: [clear, turbid], not_good: [turbid]}
    - {id: at, label: Received at, kind: time}
    - {id: note, label: Note, kind: text, optional: true}
  - id: wash
    title: Wash once more
    instruction: Wash.
    when: receive.look == "turbid" or receive.viable < 1
    open: true
    clearance: true
    fields:
    - {id: room, label: Room, kind: scan room}
    - {id: volume, label: Volume, kind: number, unit: mL}
    - {id: lost, label: Lost, kind: calculated, unit: "%", formula: 100 * (receive.volume - volume) / receive.volume}
  - id: recheck
    title: Check the washed cells
    instruction: Count again.
    when: wash.volume > 5
    optional: true
    fields:
    - {id: viable, label: Viable cells, kind: number, unit: "10*6/mL"}
- id: second
  title: Culture
  steps:
  - id: count
    title: Count
    instruction: Count until there are enough.
    repeat: 8
    until: cells > 1e9
    fields:
    - {id: viable, label: Viable cells, kind: number, unit: "10*6/mL"}
    - {id: volume, label: Volume, kind: number, unit: mL}
    - {id: cells, label: Cells, kind: calculated, unit: "{cells}", formula: viable * volume * 1e6}
    - {id: fold, label: Fold, kind: calculated, unit: "1", formula: cells / receive.cells}
- id: last
  title: Fill
  staged: 3
  steps:
  - id: fill
    title: Fill
    instruction: Fill.
    fields:
    - {id: began, label: Began, kind: time}
    - {id: ended, label: Ended, kind: time}
    - {id: took, label: Took, kind: calculated, unit: min, formula: "minutes(began, ended)", high: "60"}
holds:
- {id: open, title: Open at room temperature, segments: [[receive.at, receive], [wash, count]], limit_minutes: "240",
   temperature: room temperature, severity: critical, because: ours}
- {id: filling, title: Filling, segments: [[fill.began, fill.ended]], limit_minutes: "60", warn_minutes: "45"}
labels:
- {kind: vessel, keep: incubator}
- {kind: harvest}
samples:
- {id: safety, title: Safety, step: count, container_kind: vessel, purpose: sterility, tests: [gram], volume_ml: "10",
   tubes: 2, keep: refrigerated, low_c: "2", high_c: "8", receipt_minutes: "120", because: ours}
- {id: reserve, title: Reserve, step: fill, container_kind: dose bag, purpose: reserve, receipt_minutes: "60",
   retain_days: 365}
"""
