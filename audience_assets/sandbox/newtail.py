"""VTEX Ads' audience API (Newtail) on this machine: it hands out presigned forms, and the files land in the sandbox's S3.

Source: VTEX Ads, Integrating audiences (June 2026): upload-url, then a multipart POST to S3.
"""

import asyncio
import hmac
import logging
import secrets
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from audience_assets.sandbox import post_object
from audience_assets.sandbox.api_server import ApiServer
from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.connection import NoAnswer
from audience_assets.sandbox.private_file import (
    damaged,
    kept_credentials,
    read_private_json,
    write_private_json,
)
from audience_assets.sandbox.s3 import S3Server

CONTENT_TYPE = "application/vnd.apache.parquet"
EXPIRES_IN = 900
MAX_BYTES = 2_147_483_648
S3_SECONDS = 60.0

Step = Literal["form", "upload"]
Work = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the next request of a step: the connection is lost, or something else answers.

    `drop before` loses the connection before anything was done, `drop after` when all was done. `seconds` pass first.
    """

    step: Step
    kind: Literal["drop before", "drop after", "answer", "delay"]
    seconds: float = 0.0
    status: int = 503
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IssuedForm:
    """One form that was handed out."""

    key: str
    fields: Mapping[str, str] = field(repr=False)
    expires_at: float
    """Seconds since 1970, by the sandbox's clock."""


class NewtailServer(ApiServer):
    """One publisher's API inside a `with` block; its S3 server must run for as long.

    `base_url` stands for https://api-retail-media.newtail.com.br. `clock`, `expires_in`, `max_bytes` and `faults` may be changed at any time. `issued` lists the forms in order.
    """

    name = "newtail"

    def __init__(self, directory: Path, s3: S3Server) -> None:
        super().__init__(directory)
        self.s3 = s3
        self.clock = Clock()
        self.expires_in = EXPIRES_IN
        self.max_bytes = MAX_BYTES
        self.faults: list[Fault] = []
        self.issued: list[IssuedForm] = []
        self._last_path = self.directory / "last_key.json"
        self._last_epoch = 0

    def begin(self, stack: ExitStack) -> None:
        """Read the credentials and the last key of an earlier start."""
        self._read_kept()
        self._forms = stack.enter_context(closing(post_object.PostForms(self.s3)))

    @property
    def time(self) -> Clock:
        """The clock of keys and forms."""
        return self.clock

    def ready(self) -> Mapping[str, object]:
        """What a program needs to know to use this endpoint."""
        return {"base_url": self.base_url, "app_id": self.app_id, "api_key": self.api_key}

    def stored(self) -> dict[str, bytes]:
        """Every object of this publisher, by key."""
        with closing(self.s3.client("s3", self.s3.administrator)) as client:
            pages = client.get_paginator("list_objects_v2").paginate(
                Bucket=self.s3.bucket, Prefix=f"{self.publisher}/"
            )
            found = {}
            for key in (each["Key"] for page in pages for each in page.get("Contents", [])):
                with client.get_object(Bucket=self.s3.bucket, Key=key)["Body"] as body:
                    found[key] = body.read()
            return found

    def application(self, _base_url: str, log: logging.Logger) -> Starlette:
        """The two steps of a delivery."""
        self._log = log
        return Starlette(
            routes=[
                Route("/audience/upload-url", self._route("form", self._hand_out), methods=["POST"]),
                Route(f"/{self.s3.bucket}", self._route("upload", self._take), methods=["POST"]),
            ]
        )

    def _route(self, step: Step, work: Work) -> Work:
        """The step, with the fault that was ordered for it."""

        async def answer(request: Request) -> Response:
            fault = next((each for each in self.faults if each.step == step), None)
            if fault is None:
                return await self._logged(step, work, request)
            self.faults.remove(fault)
            await asyncio.sleep(fault.seconds)
            if fault.kind == "answer":
                async for _ in request.stream():
                    pass  # closing with bytes unread could take the answer from its reader
                return Response(fault.body, fault.status, dict(fault.headers))
            response = Response() if fault.kind == "drop before" else await self._logged(step, work, request)
            return response if fault.kind == "delay" else NoAnswer()

        return answer

    async def _logged(self, step: Step, work: Work, request: Request) -> Response:
        try:
            response = await work(request)
        except Exception:  # noqa: BLE001 (uvicorn would put it into the log of the program that we run in)
            self._log.exception("%s failed", step)
            return JSONResponse({"message": "Internal Server Error"}, 500)
        self._log.info("%s %d", step, response.status_code)
        return response

    async def _hand_out(self, request: Request) -> Response:
        given = (request.headers.get("X-App-Id", ""), request.headers.get("X-Api-Key", ""))
        wanted = (self.app_id, self.api_key)
        if not all(
            hmac.compare_digest(one.encode(), other.encode())
            for one, other in zip(given, wanted, strict=True)
        ):
            return JSONResponse({"message": "Unauthorized"}, 401)
        key = self._new_key()
        fields = self._forms.signed(
            key, content_type=CONTENT_TYPE, expires_in=self.expires_in, max_bytes=self.max_bytes
        )
        self.issued.append(IssuedForm(key, fields, self.clock.now() + self.expires_in))
        return JSONResponse(
            {
                "url": f"{self.base_url}/{self.s3.bucket}",
                "fields": fields,
                "key": key,
                "bucket": self.s3.bucket,
                "expires_in": self.expires_in,
                "max_bytes": self.max_bytes,
                "upload": {"method": "POST", "content_type": "multipart/form-data"},
            }
        )

    async def _take(self, request: Request) -> Response:
        """Give the posted bytes to S3 as they are, unless S3 proper would not have taken them."""
        with post_object.spool() as body:
            form = await post_object.read(request, body)
            refused = post_object.refusal(form)
            if form is None or refused is not None:
                return refused or Response(status_code=400)
            if any(
                self.clock.now() >= each.expires_at for each in self.issued if each.key == form.fields["key"]
            ):
                return post_object.error(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
            headers = {"Content-Type": request.headers["Content-Type"], "Content-Length": str(form.size)}
            async with httpx2.AsyncClient(trust_env=False, timeout=S3_SECONDS) as client:
                answer = await client.post(
                    f"{self.s3.endpoint_url}/{self.s3.bucket}", content=form.chunks(), headers=headers
                )
        kept = {name: answer.headers[name] for name in ("ETag", "Content-Type") if name in answer.headers}
        return Response(answer.content, answer.status_code, kept)

    def _new_key(self) -> str:
        """`<publisher>/audiences/YYYY/MM/DD/HH/<epoch>.parquet.snappy` in UTC; the epoch runs ahead before it repeats."""
        self._last_epoch = max(int(self.clock.now()), self._last_epoch + 1)
        write_private_json(self._last_path, {"epoch": self._last_epoch})
        moment = datetime.fromtimestamp(self._last_epoch, UTC)
        return f"{self.publisher}/audiences/{moment:%Y/%m/%d/%H}/{self._last_epoch}.parquet.snappy"

    def _read_kept(self) -> None:
        made_up = {
            "publisher": str(uuid.uuid4()),
            "app_id": str(uuid.uuid4()),
            "api_key": secrets.token_urlsafe(30),
        }
        credentials = kept_credentials(self.directory / "credentials.json", made_up)
        self.publisher = credentials["publisher"]
        self.app_id, self.api_key = credentials["app_id"], credentials["api_key"]
        last = read_private_json(self._last_path) or {"epoch": 0}
        if not isinstance(last.get("epoch"), int):
            raise damaged(self._last_path)
        self._last_epoch = last["epoch"]
