"""Plays a transcript to the assist socket of a running service, and prints what comes back.

`python -m tools.assist_client ws://127.0.0.1:8000 TOKEN transcript.txt`; one utterance a line, `坐席：` before
what the agent says.
"""

import argparse
import json
import sys
from pathlib import Path

from websockets.sync.client import ClientConnection, connect


def main() -> None:
    parser = argparse.ArgumentParser(description="Play a transcript to /api/v1/assist.")
    parser.add_argument("address", help="ws:// or wss:// with host and port")
    parser.add_argument("token", help="a token of `kb token create`")
    parser.add_argument("transcript", type=Path)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds to listen after each utterance")
    said = parser.parse_args()
    headers = {"Authorization": f"Bearer {said.token}"}
    with connect(f"{said.address.rstrip('/')}/api/v1/assist", additional_headers=headers) as line:
        line.send(json.dumps({"type": "start"}))
        _listen(line, said.pause)
        for seq, utterance in enumerate(said.transcript.read_text("utf-8").splitlines(), 1):
            who = "agent" if utterance.startswith("坐席：") else "caller"
            words = utterance.partition("：")[2] or utterance
            line.send(json.dumps({"type": "say", "seq": seq, "who": who, "text": words}))
            _listen(line, said.pause)
        line.send(json.dumps({"type": "end"}))


def _listen(line: ClientConnection, seconds: float) -> None:
    try:
        while True:
            message = json.loads(line.recv(timeout=seconds))
            sys.stdout.write(json.dumps(message, ensure_ascii=False, indent=1) + "\n")
    except TimeoutError:
        return


if __name__ == "__main__":
    main()
