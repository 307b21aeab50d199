"""A citizen in front of the public chat: pages by plain forms, or what the page's script sends."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from fastapi.testclient import TestClient

from kb_service.core.ids import new_id

HTML = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
JSON = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
PERSON = "13812345678"


@dataclass
class Citizen:
    client: TestClient
    conversation: str = ""
    seen: list[str] = field(default_factory=list)

    def get(self, path: str = "/chat") -> Any:
        return self._keep(self.client.get(path, headers=HTML))

    def send(self, path: str, **data: str) -> Any:
        """A plain form, as a browser without scripts sends it."""
        return self._keep(self.client.post(path, data=data, headers=HTML))

    def call(self, path: str, **data: Any) -> Any:
        return self._keep(self.client.post(path, json=data, headers=JSON))

    def ask(self, question: str = "", *, choice: str = "", once: str = "") -> str:
        """The piece of the page that the question adds."""
        answer = self.call(
            "/chat/messages", question=question, choice=choice, conversation=self.conversation, once=once
        )
        assert answer.status_code == 200, answer.text
        body = answer.json()
        self.conversation = body["conversation"]
        return str(body["alarm"] + body["html"])

    def register(self, *, region: str = "990101", **data: str) -> Any:
        form = {"once": new_id(), "conversation": self.conversation, "region": region}
        return self.send("/chat/ticket/register", **(form | data))

    def _keep(self, response: Any) -> Any:
        self.seen.append(response.text)
        return response


def decisions(html: str) -> list[str]:
    return re.findall(r'data-decision="(\w+)"', html)


def hidden(html: str, name: str) -> str:
    """The value of a hidden field, the last one of that name."""
    return unescape(re.findall(rf'name="{name}" value="([^"]*)"', html)[-1])


def choices(html: str) -> dict[str, str]:
    found = re.findall(r'name="choice" value="([^"]*)">([^<]*)<', html)
    return {unescape(label): unescape(value) for value, label in found}


def ticket_code(html: str) -> str:
    found = re.search(r'id="ticket-code">([^<]+)<', html)
    assert found is not None, html
    return found[1]
