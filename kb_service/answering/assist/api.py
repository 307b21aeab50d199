"""The socket of agent assist: utterances in, what they amount to out."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from kb_service.answering.assist import rules, schemas, service
from kb_service.answering.assist.calls import Call, Calls
from kb_service.core.context import Actor
from kb_service.core.errors import Forbidden, KbError, Unauthenticated
from kb_service.core.runtime import Runtime
from kb_service.core.web import RuntimeDep, invalid_from
from kb_service.identity import auth
from kb_service.regulations import service as regulations

router = APIRouter(prefix="/api/v1", tags=["answering"])
PERMISSION: Final = "decision.make"
PER_SECOND: Final = 20
LONGEST_MESSAGE: Final = 16 * 1024
# Codes of closing: too big a message, no more logged in, too many messages.
TOO_BIG, GONE, TOO_FAST = 1009, 4401, 4429
_CALLS = Calls()


@router.websocket("/assist", dependencies=[auth.requires_on_socket(PERMISSION)])
async def assist(socket: WebSocket, parts: RuntimeDep) -> None:
    """Holds no database session: each look-up opens one and closes it. What is said while one is under way is
    looked up together afterwards, so that a fast speaker never makes a queue.
    """
    await socket.accept()
    await Line(socket, parts).run()


class Hung(Exception):
    """The socket is to be closed with this code."""

    def __init__(self, code: int) -> None:
        self.code = code


class Line:
    """One socket: a receiver that keeps what is said, and a listener that tells what it amounts to."""

    def __init__(self, socket: WebSocket, parts: Runtime) -> None:
        self._socket = socket
        self._parts = parts
        self._said = anyio.Event()
        self._sending = anyio.Lock()
        self._arrivals: deque[float] = deque(maxlen=PER_SECOND)
        self._call: Call | None = None
        self._closing: int | None = None

    async def run(self) -> None:
        """Until either side hangs up."""
        async with anyio.create_task_group() as group:
            for part in (self._listen, self._receive):
                group.start_soon(self._until_hung_up, part, group.cancel_scope)
        if self._closing is not None:
            await self._socket.close(self._closing)

    async def _until_hung_up(self, part: Callable[[], Awaitable[None]], both: anyio.CancelScope) -> None:
        try:
            await part()
        except Hung as hung:
            self._closing = hung.code
        except WebSocketDisconnect:
            pass
        both.cancel()

    async def _send(self, message: BaseModel) -> None:
        async with self._sending:
            await self._socket.send_json(message.model_dump(mode="json", by_alias=True))

    async def _problem(self, code: str, detail: str) -> None:
        await self._send(schemas.ProblemOut(code=code, detail=detail))

    async def _receive(self) -> None:
        while True:
            text = await self._socket.receive_text()
            await self._bounded(text)
            try:
                message = schemas.CLIENT.validate_json(text)
            except ValidationError as error:
                wrong = invalid_from(
                    [dict(each) for each in error.errors(include_url=False, include_input=False)]
                )
                await self._problem("invalid", wrong.detail)
                continue
            if isinstance(message, schemas.StartIn):
                await self._start(message)
            elif isinstance(message, schemas.EndIn):
                self._forget()
                raise Hung(1000)
            else:
                await self._hear(message)

    async def _bounded(self, text: str) -> None:
        if len(text) > LONGEST_MESSAGE:
            await self._problem("too_large", f"一条消息最多 {LONGEST_MESSAGE} 个字符，请拆成几句发送。")
            raise Hung(TOO_BIG)
        now = anyio.current_time()
        if len(self._arrivals) == PER_SECOND and now - self._arrivals[0] < 1:
            await self._problem("too_fast", f"每秒最多 {PER_SECOND} 条消息，请合并后重新连接。")
            raise Hung(TOO_FAST)
        self._arrivals.append(now)

    async def _start(self, message: schemas.StartIn) -> None:
        ctx = await run_in_threadpool(auth.of_socket, self._socket, self._parts, PERMISSION)
        self._call, resumed = _CALLS.open(_owner(ctx.actor), message.call, message.region, ctx.now)
        await self._send(
            schemas.ReadyOut(call=self._call.id, seq=self._call.seq, resumed=resumed, per_second=PER_SECOND)
        )
        if resumed and self._call.utterances:
            self._said.set()

    async def _hear(self, message: schemas.SayIn) -> None:
        if self._call is None:
            await self._problem("not_started", "请先发送 start，再发送对话内容。")
            return
        said = rules.Utterance.said(message.seq, message.who, message.text)
        self._call.hear(said, self._parts.clock.now())
        danger = service.urgent(regulations.get_profile(self._parts.settings.profile), said)
        if danger is not None:
            await self._send(danger)
        self._said.set()

    def _forget(self) -> None:
        if self._call is not None:
            _CALLS.close(self._call)

    async def _listen(self) -> None:
        while True:
            await self._said.wait()
            self._said = anyio.Event()
            if self._call is not None:
                await self._tell(self._call)

    async def _tell(self, call: Call) -> None:
        try:
            heard = await run_in_threadpool(self._look_up, call, call.said())
        except (Unauthenticated, Forbidden) as error:
            await self._problem(error.code, error.detail)
            raise Hung(GONE) from None
        except KbError as error:
            await self._problem(error.code, error.detail)
        else:
            call.subject = heard.subject
            await self._send(heard.told)

    def _look_up(self, call: Call, said: list[rules.Utterance]) -> service.Heard:
        ctx = auth.of_socket(self._socket, self._parts, PERMISSION)
        with self._parts.database.read() as session:
            return service.hear(session, ctx, self._parts, said, region=call.region, subject=call.subject)


def _owner(actor: Actor) -> str:
    return f"{actor.via}:{actor.account_id}"
