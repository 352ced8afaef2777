"""Serves stand-ins on loopback: one event loop in one thread for each server."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Sequence

from mlc_sandbox.toolkit.connection import Connection
from mlc_sandbox.toolkit.standin import StandIn


class Server:
    """One stand-in on one port. Also a context manager."""

    def __init__(self, standin: StandIn, host: str = "127.0.0.1", port: int = 0) -> None:
        self.standin = standin
        self.host = host
        self.port = port
        self._connections: set[Connection] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The root URL, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> Server:
        """Listen in a background thread; returns when the port is open. Raises OSError when it is taken."""
        loop = self._loop = asyncio.new_event_loop()
        # Bound before the thread starts, so that a port that is taken raises here.
        listener = loop.run_until_complete(_listen(self, loop))
        self._thread = threading.Thread(
            target=self._run, args=(loop, listener), name=f"sandbox-{self.standin.name}", daemon=True
        )
        self._thread.start()
        return self

    def _run(self, loop: asyncio.AbstractEventLoop, listener: asyncio.Server) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            listener.close()
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()

    def stop(self) -> None:
        """Close the port and every connection."""
        if self._loop is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._close)
        self._thread.join()
        self._loop = self._thread = None

    def _close(self) -> None:
        loop = asyncio.get_running_loop()
        for connection in list(self._connections):
            connection.abort()
        loop.call_soon(loop.stop)

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()


async def _listen(server: Server, loop: asyncio.AbstractEventLoop) -> asyncio.Server:
    listener = await loop.create_server(
        lambda: Connection(server.standin, loop, among=server._connections), server.host, server.port, backlog=512
    )
    server.port = listener.sockets[0].getsockname()[1]
    return listener


def serve_forever(
    standins: Sequence[StandIn],
    ports: Sequence[int],
    *,
    host: str = "127.0.0.1",
    ready: Callable[[StandIn, str], None] | None = None,
) -> None:
    """Serve several stand-ins in this thread until interrupted; ``ready`` is told each URL once its port is open."""

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        for standin, port in zip(standins, ports, strict=True):
            server = Server(standin, host, port)
            await _listen(server, loop)
            if ready is not None:
                ready(standin, server.url)
        await asyncio.Event().wait()

    gc.freeze()  # the seeded records stay for good; the collector need not walk them again and again
    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        return
