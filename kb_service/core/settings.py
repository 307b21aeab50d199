"""Settings: one typed list, read from the environment with the prefix KB_."""

from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from kb_service.core.outside import inside_allowed


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KB_", extra="ignore")

    var_dir: Path = Field(
        Path("var"), description="Folder of everything the service writes: database, index, key, attachments."
    )
    database_url: str = Field(
        "", description="SQLAlchemy address of the database; empty: SQLite file kb.db in var_dir."
    )
    host: str = Field("127.0.0.1", description="Address the service listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the service listens on.")
    engine: Literal["embedded", "elasticsearch"] = Field(
        "embedded",
        description="Search engine: `embedded` keeps its index on disk beside the service, `elasticsearch` in a "
        "cluster (needs the extra `elasticsearch`).",
    )
    elasticsearch_url: str = Field(
        "",
        description="Addresses of the nodes of one Elasticsearch cluster, comma separated: `https://search-1:9200`.",
    )
    elasticsearch_index: str = Field(
        "kb",
        pattern=r"^[a-z0-9][a-z0-9-]{0,60}$",
        description="Alias that is searched, and beginning of the names of all indices the service makes.",
    )
    elasticsearch_api_key: str = Field(
        "", description="API key for Elasticsearch; goes before user and password.", repr=False
    )
    elasticsearch_user: str = Field("", description="Login at Elasticsearch; empty: none.")
    elasticsearch_password: str = Field("", description="Password at Elasticsearch.", repr=False)
    elasticsearch_ca_file: Path | None = Field(
        None,
        description="Certificates that vouch for Elasticsearch, as a PEM file; empty: those the machine knows.",
    )
    elasticsearch_verify: bool = Field(
        True, description="Refuse an Elasticsearch whose certificate nobody vouches for."
    )
    elasticsearch_shards: int = Field(
        1, ge=1, le=64, description="Shards of an index; counts from the next rebuild on."
    )
    elasticsearch_replicas: int = Field(
        1, ge=0, le=8, description="Copies of each shard beside the first; counts from the next rebuild on."
    )
    elasticsearch_timeout_s: float = Field(
        2,
        gt=0,
        description="Seconds a search waits for Elasticsearch before the database is searched instead.",
    )
    encoder: str = Field(
        "builtin",
        description="Vectors: `builtin`, `none`, or `transformers:NAME_OR_PATH` (needs the extra `transformers`).",
    )
    profile: str = Field(
        "demo", description="Rule profile of the city: the id of a file in regulations/profiles."
    )
    data: Path | None = Field(
        None, description="Folder of outside data for training and measuring; not needed to run the service."
    )
    secret_key: str = Field(
        "", description="Base64 of 32 bytes that encrypt requesters' identity; empty: a key file in var_dir."
    )
    cookie_secure: bool = Field(
        False,
        description="Send the session cookie over HTTPS only; set it wherever the service is not local.",
    )
    session_hours: float = Field(12, gt=0, description="Longest time a login lasts, in hours.")
    session_idle_minutes: float = Field(
        60, gt=0, description="A login ends after so many minutes without use."
    )
    login_failures: int = Field(
        5, ge=1, description="Wrong passwords in a row after which an account is locked."
    )
    login_lock_minutes: float = Field(30, gt=0, description="Minutes a locked account stays locked.")
    upload_limit_mb: int = Field(100, ge=1, description="Largest file an import accepts, in MB.")
    attachment_limit_mb: int = Field(
        50, ge=1, description="Largest file that may be attached to a knowledge point, in MB."
    )
    import_row_limit: int = Field(100_000, ge=1, description="Largest number of rows in one import.")
    demo_city: bool = Field(True, description="Load the invented demo city into an empty base at start.")
    worker: bool = Field(
        True, description="Run background work in the service's own process (embedded mode)."
    )
    busy_timeout_s: float = Field(
        10, gt=0, description="Seconds a write waits for another write on SQLite before it gives up."
    )
    link_check: bool = Field(
        False,
        description="Ask each night for the web addresses in live knowledge; the service then calls outside.",
    )
    answer_precision: float = Field(
        0.9,
        gt=0,
        lt=1,
        description="Confidence from which a consultation on an ordinary subject is answered at once.",
    )
    notice_outlets: str = Field(
        "log",
        description="Where notices are sent outside of the inbox, comma separated: `log` (a file `notices.log` "
        "under `KB_VAR_DIR`), `mail`, `sms`, `wecom`.",
    )
    public_url: str = Field(
        "", description="Address of the console as people open it; sent messages carry a link when it is set."
    )
    smtp_host: str = Field("", description="Mail server for notices.")
    smtp_port: int = Field(25, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "none", description="How the connection to the mail server is protected."
    )
    smtp_user: str = Field("", description="Login at the mail server; empty: none.")
    smtp_password: str = Field("", description="Password at the mail server.", repr=False)
    smtp_from: str = Field("", description="Sender of mails.")
    sms_url: str = Field(
        "", description='SMS gateway: takes a POST of JSON `{"id", "to", "text"}` and answers 2xx.'
    )
    sms_token: str = Field("", description="Bearer token for the SMS gateway; empty: none.", repr=False)
    wecom_webhook: str = Field("", description="Address of a WeCom group robot.", repr=False)

    requester_retention_days: int = Field(
        0,
        ge=0,
        description="Days after a ticket's last step after which who asked, and in which words, is destroyed; 0: "
        "only by hand.",
    )
    webhook_private_hosts: str = Field(
        "",
        description="What webhooks may call in one's own network, comma separated: names of hosts (then by http "
        "too), addresses, networks such as `10.20.0.0/16`. Everything else inside is refused.",
    )
    webhook_timeout_s: float = Field(
        10, gt=0, le=60, description="Seconds a webhook waits for an answer before it is tried again later."
    )

    @field_validator("webhook_private_hosts")
    @classmethod
    def _readable(cls, text: str) -> str:
        inside_allowed(text)
        return text

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.var_dir / 'kb.db'}"

    @property
    def local_only(self) -> bool:
        """Whether only people at this machine can reach the service."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def import_dir(self) -> Path:
        return self.var_dir / "imports"

    @property
    def routing_dir(self) -> Path:
        """Models the city trained on its own requests: `field.npz`, `class.npz`, `unit.npz`."""
        return self.var_dir / "routing"

    @property
    def index_dir(self) -> Path:
        return self.var_dir / "index"


@lru_cache
def get_settings() -> Settings:
    return Settings()
