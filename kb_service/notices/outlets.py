"""The port to the outside, and what stands behind it: a log, mail, an SMS gateway, a WeCom robot."""

import json
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol

from kb_service.core.clock import CITY
from kb_service.core.errors import Invalid
from kb_service.core.settings import Settings

TIMEOUT_S = 10.0
_TRANSIENT_SMTP = range(400, 500)
_TRANSIENT_WECOM = frozenset({-1, 45009, 50002})


@dataclass(frozen=True)
class Message:
    """`key` is the same each time one message is tried, so that a gateway may drop a second copy."""

    key: str
    address: str
    heading: str
    body: str
    at: datetime


class NotDelivered(Exception):
    """`for_good`: trying again would not help. The text names no address and may be shown."""

    def __init__(self, problem: str, *, for_good: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.for_good = for_good


class Outlet(Protocol):
    def send(self, message: Message) -> None:
        """Hands the message on, or raises NotDelivered."""


@dataclass(frozen=True)
class LogOutlet:
    """A file of its own: among what the service says of itself, notices would bury the rest."""

    path: Path

    def send(self, message: Message) -> None:
        at = message.at.astimezone(CITY).isoformat(sep=" ", timespec="seconds")
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{at} {message.key} {message.heading}：{message.body}\n")


@dataclass(frozen=True)
class MailOutlet:
    host: str
    port: int
    security: str
    user: str
    password: str
    sender: str

    def send(self, message: Message) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, message.address, message.heading
        mail["Message-ID"] = f"<{message.key}@{self.sender.rpartition('@')[2] or 'localhost'}>"
        mail.set_content(message.body)
        try:
            with self._connect() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise NotDelivered(f"收件地址被拒收（{code}）", for_good=code not in _TRANSIENT_SMTP) from error
        except smtplib.SMTPResponseException as error:
            gone = error.smtp_code not in _TRANSIENT_SMTP
            raise NotDelivered(f"邮件服务器拒绝（{error.smtp_code}）", for_good=gone) from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotDelivered(f"邮件服务器连接失败（{type(error).__name__}）") from error

    def _connect(self) -> smtplib.SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        if self.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        return server


def _post(url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
    """The answer's JSON; raises NotDelivered, for good where the other side says that the request is wrong."""
    data = json.dumps(body, ensure_ascii=False).encode()
    sent = {"Content-Type": "application/json; charset=utf-8", **headers}
    request = urllib.request.Request(url, data, sent)  # noqa: S310 - the scheme was checked with the settings
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            text = answer.read(65_536)
    except urllib.error.HTTPError as error:
        error.close()
        transient = error.code >= 500 or error.code in {408, 429}
        raise NotDelivered(f"对方接口返回 {error.code}", for_good=not transient) from error
    except OSError as error:
        raise NotDelivered(f"对方接口连接失败（{type(error).__name__}）") from error
    try:
        return json.loads(text or b"{}")
    except ValueError as error:
        raise NotDelivered("对方接口的应答不是 JSON") from error


@dataclass(frozen=True)
class SmsOutlet:
    """Any gateway, or an adapter before one, that takes `{"id", "to", "text"}` and answers 2xx."""

    url: str
    token: str

    def send(self, message: Message) -> None:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        _post(self.url, {"id": message.key, "to": message.address, "text": message.body}, headers)


@dataclass(frozen=True)
class WecomOutlet:
    """A group robot of WeCom; the address is the member who is mentioned."""

    url: str

    def send(self, message: Message) -> None:
        text = {"content": f"{message.heading}\n{message.body}", "mentioned_list": [message.address]}
        answer = _post(self.url, {"msgtype": "text", "text": text}, {})
        code = answer.get("errcode", 0) if isinstance(answer, dict) else -1
        if code != 0:
            raise NotDelivered(f"企业微信返回 {code}", for_good=code not in _TRANSIENT_WECOM)


def enabled(settings: Settings) -> dict[str, Outlet]:
    """The outlets that `notice_outlets` names; raises Invalid for one that lacks a setting."""
    found: dict[str, Outlet] = {}
    for name in names(settings):
        found[name] = _make(name, settings)
    return found


def names(settings: Settings) -> list[str]:
    return [name.strip() for name in settings.notice_outlets.split(",") if name.strip()]


def _make(name: str, settings: Settings) -> Outlet:
    if name == "log":
        return LogOutlet(settings.var_dir / "notices.log")
    if name == "mail":
        _need(name, smtp_host=settings.smtp_host, smtp_from=settings.smtp_from)
        return MailOutlet(
            settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.smtp_user,
            settings.smtp_password, settings.smtp_from,
        )  # fmt: skip
    if name == "sms":
        _need(name, sms_url=settings.sms_url)
        return SmsOutlet(_web_address(settings.sms_url), settings.sms_token)
    if name == "wecom":
        _need(name, wecom_webhook=settings.wecom_webhook)
        return WecomOutlet(_web_address(settings.wecom_webhook))
    raise Invalid(
        f"KB_NOTICE_OUTLETS 中的“{name}”不存在，可用：log、mail、sms、wecom。", code="unknown_outlet"
    )


def _need(outlet: str, **values: str) -> None:
    missing = [f"KB_{name.upper()}" for name, value in values.items() if not value]
    if missing:
        raise Invalid(f"发送渠道 {outlet} 还缺设置：{'、'.join(missing)}。", code="outlet_not_set")


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise Invalid(
            "KB_SMS_URL 和 KB_WECOM_WEBHOOK 须以 http:// 或 https:// 开头。", code="bad_outlet_address"
        )
    return url
