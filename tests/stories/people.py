"""People of the cell-processing unit at their browsers: what they do by the words and codes on the screen.

A person finds things as people do, by labels, buttons, headings and words; a story holds no selector and no address.
Whatever the browser complains about is kept in `complaints`: a fault of script, of the content security policy, of a
picture that is not there, or an answer of the server that is no refusal.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from playwright.sync_api import Browser, Locator, Page, Response, expect

from tests.office import PASSWORD, user_id

TABLET, DESK = (820, 1180), (1280, 800)
#: what Chromium says of every answer that is a refusal; the page itself says it to the person
REFUSAL = re.compile(r"Failed to load resource: the server responded with a status of 4(01|03|09|12|22) ")


def words_in(words: str, *, begin: bool = False) -> re.Pattern[str]:
    """Finds these words, at the beginning if wanted. Patterns are handed to JavaScript, where a slash ends one."""
    return re.compile(("^" if begin else "") + re.escape(words).replace("/", r"\/"))


class Someone:
    """One person signed in at a browser of their own. `size` is the screen, width and height in pixels."""

    role = ""
    size = DESK

    @property
    def printed_name(self) -> str:
        """As it is printed under a signature."""
        return f"{self.role.capitalize()} 1"

    def __init__(self, browser: Browser, url: str, shots: Path) -> None:
        self.url, self.shots = url, shots
        width, height = self.size
        self.page: Page = browser.new_context(viewport={"width": width, "height": height}).new_page()
        self.page.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self._heard(said.type, said.text))
        self.page.on("response", self._answered)

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not REFUSAL.match(text):
            self.complaints.append(f"{kind}: {text}")

    def _answered(self, response: Response) -> None:
        if response.status in (400, 404, 405) or response.status >= 500:
            self.complaints.append(f"{response.status}: {response.url}")

    # --- coming and going

    def comes(self) -> Self:
        """Sign in."""
        self.page.goto(f"{self.url}/login")
        self.writes("User id", user_id(self.role))
        self.writes("Password", PASSWORD)
        self.presses("Sign in")
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("Floor today")
        return self

    def goes_to(self, place: str) -> None:
        """By the menu that is on every page."""
        self.page.get_by_text("Menu", exact=True).click()
        self.goes(self.page.get_by_role("navigation", name="Places").get_by_role("link", name=place, exact=True))

    def goes_to_the_floor(self) -> None:
        self.goes(self.page.get_by_role("link", name="Floor").first)

    def goes_on_with(self, batch: str) -> None:
        """Scan the batch and go to the step that is next."""
        self.opens(batch)
        self.follows("Go to the next step")

    def goes(self, link: Locator) -> None:
        """Press what leads to another page, and wait until that is there."""
        with self.page.expect_navigation():
            link.click()

    def scans(self, label: str) -> None:
        """The scanner types what is on the label at once, then Enter; the page decides where it belongs."""
        self.page.keyboard.type(label)
        self.page.keyboard.press("Enter")

    def opens(self, label: str) -> None:
        """Scan a label on the floor, which opens what it belongs to."""
        self.goes_to_the_floor()
        with self.page.expect_navigation():
            self.scans(label)

    def follows(self, words: str) -> None:
        """The first link with these words, or else the first that begins with them."""
        exactly = self.page.get_by_role("link", name=words, exact=True)
        begins = self.page.get_by_role("link", name=words_in(words, begin=True))
        self.goes((exactly if exactly.count() else begins).first)

    def follows_waiting(self, words: str) -> None:
        """What waits for this person on the floor."""
        self.goes_to_the_floor()
        waiting = self.page.get_by_role("region", name="Waiting for you")
        self.goes(waiting.get_by_role("link", name=words_in(words)).first)

    def waits_for(self, words: str) -> None:
        """Stay on the floor and load it again until this waits for this person."""
        self.goes_to_the_floor()
        for _ in range(40):
            if self.page.get_by_role("link", name=words_in(words)).count():
                return
            self.page.wait_for_timeout(250)
            self.looks_again()
        raise AssertionError(f"“{words}” never came to wait for {self.printed_name}.")

    def looks_again(self) -> None:
        """Load the page again."""
        self.page.reload()

    # --- filling in

    def box(self, label: str) -> Locator:
        """The box below that label."""
        return self.page.get_by_label(re.compile(rf"^{re.escape(label)}( \(may stay empty\))?$"))

    def writes(self, label: str, value: str) -> None:
        self.box(label).fill(value)

    def chooses(self, label: str, choice: str) -> None:
        """One of a few on the screen, or one of a list that opens."""
        of_few = self.page.get_by_role("radiogroup", name=words_in(label, begin=True))
        if of_few.count():
            exactly = of_few.get_by_role("radio", name=choice, exact=True)
            (exactly if exactly.count() else of_few.get_by_role("radio", name=words_in(choice, begin=True))).check()
            return
        words = [one for one in self.box(label).locator("option").all_inner_texts() if choice in one]
        assert len(words) == 1, f"“{choice}” was looked for in {label}, and {words} was found."
        self.box(label).select_option(label=words[0])

    def unfolds(self, words: str) -> None:
        """What is folded away."""
        self.page.locator("summary").filter(has_text=words).click()

    def notes_the_time(self, label: str) -> None:
        """The button beside a box for a time."""
        self.page.get_by_role("button", name=f"Now, into {label}").click()

    def presses(self, button: str) -> None:
        """A button, and the page that comes after it."""
        self.goes(self.page.get_by_role("button", name=button, exact=True))

    def lets_go(self, button: str) -> None:
        """Press a button and do not wait for the answer."""
        self.page.get_by_role("button", name=button, exact=True).click(no_wait_after=True)

    def signs(self, button: str, *, reason: str = "", by: str = "") -> None:
        """User id and password typed, then the button; `by` another role, who comes to this screen to sign."""
        if reason:
            self.writes("Reason", reason)
        self.writes("Your user id", user_id(by or self.role))
        self.writes("Your password", PASSWORD)
        self.presses(button)

    # --- looking

    def sees(self, *words: str) -> None:
        """Words that are to be read on the screen."""
        for one in words:
            expect(self.page.get_by_text(one).locator("visible=true").first).to_be_visible()

    def was_refused(self) -> bool:
        return self.page.get_by_role("alert").count() > 0

    def waits_for_the_answer(self) -> None:
        """Of a button that was pressed: the page that comes has its button ready again."""
        expect(self.page.locator("form#act[data-sent]")).to_have_count(0)
        self.page.wait_for_load_state()

    def code(self) -> str:
        """The code in the head of the page, beside its title or in it."""
        found = re.search(r"[A-Z]{2,4}-\d[\w/~-]*", self.page.locator("main .head").first.inner_text())
        assert found
        return found[0]

    def sees_nothing_of(self, *words: str) -> None:
        for one in words:
            expect(self.page.get_by_text(one)).to_have_count(0)

    def sees_in(self, label: str, value: str) -> None:
        """What stands in a box."""
        expect(self.box(label)).to_have_value(value)

    def sees_sign(self, words: str, shape: str) -> None:
        """A status: its words, and the shape beside them ("pass", "fail", "open" or "todo")."""
        marked = self.page.locator(".st").filter(has_text=words).first
        expect(marked).to_be_visible()
        expect(marked.locator("use")).to_have_attribute("href", f"#i-{shape}")

    def sees_over(self, what: str) -> None:
        """A clock on top of the page that says in word and shape that its time is over."""
        tile = self.page.locator(".strip .timer").filter(has_text=what)
        expect(tile).to_contain_text("OVER")
        expect(tile.locator("use")).to_have_attribute("href", "#i-fail")

    def sees_running(self, what: str) -> None:
        """A clock on top of the page that still has time, with its absolute deadline."""
        tile = self.page.locator(".strip .timer").filter(has_text=what)
        expect(tile).to_contain_text("left")
        expect(tile).to_contain_text(re.compile(r"until \d{4}-\d\d-\d\d \d\d:\d\d UTC"))

    def is_refused(self, *words: str) -> None:
        """The refusal at the top of the page, which must have the focus, says all of this."""
        told = self.page.get_by_role("alert").first
        expect(told).to_be_focused()
        for one in words:
            expect(told).to_contain_text(one)

    def reads(self, heading: str) -> list[list[str]]:
        """The rows of a table, by the heading above it."""
        section = self.page.locator("section").filter(has=self.page.get_by_role("heading", name=heading, exact=True))
        rows = section.locator("tbody tr").all()
        return [[" ".join(cell.split()) for cell in row.locator("td").all_inner_texts()] for row in rows]

    def title(self) -> str:
        """The heading of the page with the code beside it."""
        return " ".join(self.page.locator("main .head").first.inner_text().split())

    def photographs(self, name: str) -> None:
        """What is on the screen now, and the whole page, as pictures."""
        for whole in (False, True):
            self.page.screenshot(path=self.shots / f"{name}-{self.role.split()[-1]}{'-whole' * whole}.png",
                                 full_page=whole)


class Operator(Someone):
    """Does the work at a tablet in the clean room."""

    role, size = "operator", TABLET

    def records(self) -> None:
        self.presses("Check and record")

    def signs_as_performer(self) -> None:
        self.signs("Sign as performer")

    def receives(self, collection: str, donation: str, chain: str) -> None:
        """What arrived from apheresis: two numbers scanned on the bag, the logger read, the bag looked at."""
        self.opens(collection)
        self.follows("Inspect receipt")
        self.scans(donation)
        self.scans(chain)
        self.notes_the_time("Received at")
        self.chooses("Transport condition ordered", "2-8 °C")
        self.writes("Lowest temperature of the logger", "3")
        self.writes("Highest temperature of the logger", "6")
        self.chooses("Is the seal intact?", "Yes")
        self.chooses("Is the bag free of leaks?", "Yes")
        self.signs("Sign inspection")

    def makes(self, transformation: str, batch: str, origin: str, volume: str) -> None:
        """A new container from all of the one whose label is scanned."""
        self.opens(batch)
        self.follows("Make a container")
        self.chooses("What was done", f"{transformation}:")
        self.scans(origin)
        self.writes("Volume in the new container", volume)
        self.presses("Record the container")

    def splits(self, container: str, *volumes: str) -> None:
        """A part of what is in it into new containers."""
        self.opens(container)
        self.follows("Split into several")
        self.scans(container)
        self.writes("Volume of each new container", "\n".join(volumes))
        self.presses("Record the new containers")

    def hands_over(self, thing: str) -> str:
        """From the clean room to the ward's courier. Returns the code of the hand-over."""
        self.goes_to("Custody")
        self.follows("Hand over")
        self.scans(thing)
        self.chooses("Ordered condition", "2-8 °C")
        self.writes("From", "clean room 1")
        self.writes("To", "ward")
        self.writes("Temperature", "4.5")
        self.chooses("Its condition is good", "Yes")
        self.signs("Sign: handed over")
        return self.code()

    def fills(self, dose: str, source: str, volume: str, residual: str) -> None:
        """The dose on its page; the time is that of the button beside the box."""
        self.opens(dose)
        self.follows("Fill")
        self.scans(source)
        self.writes("Volume of each bag", volume)
        self.writes("What stays behind in bag and line", residual)
        self.notes_the_time("Filling ended")
        self.signs("Sign the fill")

    def prints_the_label_of(self, bag: str) -> None:
        self.opens(bag)
        self.follows("Print the label")
        self.signs("Sign and print")

    def scans_back(self, label: str) -> None:
        """What came out of the printer, on the page of the label."""
        self.follows("Scan it back")
        self.scans(label)
        self.presses("Check the label")

    def puts_on(self, label: str) -> None:
        self.follows("Put it on")
        self.scans(label)
        self.presses("The label is on")

    def corrects(self, step: str, label: str, value: str, unit: str, reason: str) -> None:
        """A value of a step that was entered before."""
        self.follows(step)
        self.follows("Correct an entry")
        self.chooses("Value", label)
        self.writes("Right value", value)
        self.chooses("Unit", unit)
        self.signs("Sign the correction", reason=reason)


class Verifier(Someone):
    """Reads again what others did."""

    role, size = "verifier", TABLET

    def accepts(self, collection: str) -> None:
        """What another person inspected."""
        self.opens(collection)
        self.follows("Accept")
        self.signs("Verify receipt")

    def takes_over(self, handed: str, thing: str) -> None:
        """Everything scanned again and read anew."""
        self.opens(handed)
        self.follows("Take over")
        self.scans(thing)
        self.writes("Temperature", "4.6")
        self.chooses("Its condition is good", "Yes")
        self.signs("Sign: received")

    def takes_up(self, step: str) -> None:
        """What waits on the floor."""
        self.follows_waiting(f"Verify step {step}")

    def reads_again(self, label: str, value: str) -> None:
        """Without seeing the first reading."""
        self.writes(f"{label}, read again", value)

    def signs_as_verifier(self) -> None:
        self.signs("Sign as verifier")

    def checks(self, dose: str, bag: str, volume: str) -> None:
        """A filled bag, its volume measured again."""
        self.opens(dose)
        self.follows("Check a bag")
        self.scans(bag)
        self.writes("Volume", volume)
        self.signs("Sign the check")


class Supervisor(Someone):
    """Opens batches, plans, looks after deviations."""

    role = "production supervisor"

    def opens_a_batch(self, recipient: str, collection: str, process: str) -> str:
        """Returns the code of the batch, as it stands beside the heading."""
        self.goes_to("Batches")
        self.follows("Open a batch")
        self.chooses("Recipient", recipient)
        self.chooses("Collection", f"{collection} for {recipient}")
        self.chooses("Master record", process)
        self.chooses("Specification", "")
        self.signs("Sign and issue the batch record")
        return self.code()

    def proposes_limits(self, label: str, reason: str, **limits: str) -> None:
        """Other limits for a value of the step that is open, for this batch alone."""
        self.unfolds("More for this step")
        self.follows("Propose a redline")
        self.chooses("What changes", "Other limits for a value")
        self.chooses("Value with other limits", label)
        for name, value in limits.items():
            self.writes(f"{name.capitalize()} limit", value)
        self.signs("Sign the proposal", reason=reason)

    def plans_dose(self, batch: str, infusion: str) -> str:
        """Returns the code of the dose."""
        self.opens(batch)
        self.follows("Plan a dose")
        self.writes("Infusion", infusion)
        self.presses("Plan the dose")
        return self.code()

    def completes(self, batch: str) -> None:
        self.opens(batch)
        self.follows("Complete the batch")
        self.signs("Sign the production review")

    def confirms(self, deviation: str, requirement: str, immediate: str) -> None:
        """What the system could not know of a deviation it opened."""
        self.follows_waiting(f"Confirm deviation {deviation}")
        self.follows("Confirm the deviation")
        self.writes("What was demanded", requirement)
        self.writes("What was done at once", immediate)
        self.presses("Confirm it")

    def investigates(self, deviation: str, **told: str) -> None:
        """Find out, write it down, hand it to quality assurance."""
        self.goes_to("Deviations")
        self.follows(deviation)
        self.follows("Investigate the deviation")
        self.writes("What was found", told["found"])
        self.writes("Root cause", told["cause"])
        self.chooses("Method", "5 whys")
        self.writes("Impact on the product", told["product"])
        self.writes("Impact on the patient", told["patient"])
        self.chooses("Other batches affected?", "No")
        self.writes("Why they are, or are not", told["others"])
        self.signs("Sign this version")
        self.follows("Hand it to quality assurance")
        self.presses("Hand it in")


class Qa(Someone):
    """Quality assurance."""

    role = "qa"

    def approves(self, redline: str) -> None:
        """A redline that waits."""
        self.follows_waiting(f"Approve redline {redline}")
        self.follows("Approve the redline")
        self.signs("Sign and approve")

    def lets_continue(self, reason: str) -> None:
        """The work behind a hold time that ran out, under its deviation."""
        self.follows_waiting("Decide on a breached hold time")
        self.follows("Let it continue under the deviation")
        self.signs("Sign: continue under the deviation", reason=reason)

    def judges(self, deviation: str, severity: str, why: str) -> None:
        """How grave a deviation is."""
        self.follows_waiting(f"Classify deviation {deviation}")
        self.follows("Judge the severity")
        self.chooses("Severity", severity)
        self.writes("Why", why)
        self.signs("Sign the severity")

    def closes(self, deviation: str, conclusion: str) -> None:
        self.follows_waiting(f"Close deviation {deviation}")
        self.follows("Close the deviation")
        self.writes("Conclusion", conclusion)
        self.signs("Sign and close")

    def assesses_the_next(self, meaning: str) -> None:
        """The first exception, or point of completeness, that waits for it on the page of the review."""
        self.follows("Assess")
        self.writes("What it means for the product", meaning)
        self.presses("Record the assessment")

    def looked_at_the_next(self) -> None:
        """The first step drawn of which nothing is said yet, found as it should be."""
        self.follows("Say what you found")
        self.chooses("Everything in it is as it should be", "Yes")
        self.presses("Record what was found")

    def signs_the_review(self) -> None:
        self.follows("Sign the review")
        self.chooses("I have read the list of minor exceptions", "Yes")
        self.signs("Sign the coverage statement")
