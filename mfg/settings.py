"""What the environment says about this installation. A frozen value; it switches no safety check."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """One installation: where its data lie and who the facility is.

    `database_url` is the application's login; on PostgreSQL it must own nothing. `owner_url` is used by
    `mfg init` and `mfg migrate` only. `home` keeps the signing key and the checkpoints, outside the database.
    """

    database_url: str
    owner_url: str
    home: Path
    facility_fin: str = "A9999"
    facility_name: str = "Demonstration cell-processing unit"
    #: of somebody who answers day and night, as it stands on labels
    facility_phone: str = "see the trial file"
    #: ISBT 128 product description code and collection type of the dose, and the code of the cells as collected. Those
    #: shipped are of the demonstration; a registered facility sets its own from the licensed tables.
    product_code: str = "DNK01"
    collection_type: str = "7"
    collection_code: str = "DAPH0"
    #: the country labels are for (ISO 3166-1): their layouts say which languages have to stand on them there
    country: str = "US"
    zone: str = "UTC"
    secret_key: str = ""
    idle_minutes: int = 15
    session_hours: int = 12
    secure_cookie: bool = True

    @property
    def key_file(self) -> Path:
        """The Ed25519 key that seals checkpoints."""
        return self.home / "checkpoint.key"

    @property
    def checkpoint_folder(self) -> Path:
        """Where sealed checkpoints leave the database as files."""
        return self.home / "checkpoints"

    @property
    def demonstration(self) -> bool:
        """True while the facility number is one of those reserved for validation (A9990-A9999)."""
        return self.facility_fin.startswith("A999")


def from_environment(env: Mapping[str, str] | None = None) -> Settings:
    """Read MFG_* variables; every one has a default that is safe for a single workstation."""
    env = os.environ if env is None else env
    home = Path(env.get("MFG_HOME", ".")).resolve()
    url = env.get("MFG_DATABASE_URL") or f"sqlite:///{home / 'mfg.db'}"
    return Settings(
        database_url=url,
        owner_url=env.get("MFG_OWNER_DATABASE_URL") or url,
        home=home,
        facility_fin=env.get("MFG_FACILITY_FIN", "A9999"),
        facility_name=env.get("MFG_FACILITY_NAME") or Settings.facility_name,
        facility_phone=env.get("MFG_FACILITY_PHONE") or Settings.facility_phone,
        product_code=env.get("MFG_PRODUCT_CODE") or Settings.product_code,
        collection_type=env.get("MFG_COLLECTION_TYPE") or Settings.collection_type,
        collection_code=env.get("MFG_COLLECTION_CODE") or Settings.collection_code,
        country=env.get("MFG_COUNTRY", "US"),
        zone=env.get("MFG_ZONE", "UTC"),
        secret_key=env.get("MFG_SECRET_KEY", ""),
        idle_minutes=int(env.get("MFG_IDLE_MINUTES", "15")),
        session_hours=int(env.get("MFG_SESSION_HOURS", "12")),
        secure_cookie=env.get("MFG_INSECURE_COOKIE", "") != "yes",
    )
