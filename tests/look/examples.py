"""Every example page under its name: the template and what its view would pass. Nothing is read from a database."""

from __future__ import annotations

from tests.look.example_acts import act_every_field, act_plain, act_refused
from tests.look.example_decision import decide, decide_pass
from tests.look.example_floor import board, board_broken, board_empty, login, problem, stop
from tests.look.example_parts import Context
from tests.look.example_records import listing, listing_filtered, record_full, record_small
from tests.look.example_scanning import calibrate, picture
from tests.look.example_steps import step, step_done

PAGES: dict[str, tuple[str, Context]] = {
    "act_plain": ("act.html", act_plain()),
    "act_every_field": ("act.html", act_every_field()),
    "act_refused": ("act.html", act_refused()),
    "record_full": ("record.html", record_full()),
    "record_small": ("record.html", record_small()),
    "listing": ("list.html", listing()),
    "listing_filtered": ("list.html", listing_filtered()),
    "login": ("login.html", login()),
    "problem": ("problem.html", problem()),
    "stop": ("scan_stop.html", stop()),
    "calibrate": ("calibrate.html", calibrate()),
    "picture": ("picture.html", picture()),
    "board": ("board.html", board()),
    "board_empty": ("board.html", board_empty()),
    "board_broken": ("board.html", board_broken()),
    "step": ("batches/show_step.html", step()),
    "step_done": ("batches/show_step.html", step_done()),
    "decide": ("release/decide.html", decide()),
    "decide_pass": ("release/decide.html", decide_pass()),
}
