"""The door: where the server turns a request away that finds no place, before it is read.

Here, and not in the application: most of what a refused request costs is to be handed over.
"""

from typing import TYPE_CHECKING, Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

if TYPE_CHECKING:
    from api.places import Places

PLACES: Final = "meguri.places"
"""Under this name the application's lifespan hands its places to the server."""


class Door(HttpToolsProtocol):
    """A connection whose requests are let in, or answered with 503 `busy` once the head is there.

    A request takes its place when all of it is there: while it drips, it is no work.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._places: Places | None = self.app_state.get(PLACES)
        self._is_turned_away = False

    def on_message_begin(self) -> None:
        self._is_turned_away = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self._places is not None and self._may_turn_away(self._places):
            self._is_turned_away = True
            self._turn_away(self._places)
        else:
            super().on_headers_complete()

    def on_turned_away(self) -> None:
        """Called instead of `on_response_complete`; the connection waits for its next request."""

    def on_body(self, body: bytes) -> None:
        if not self._is_turned_away:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._is_turned_away:
            return
        super().on_message_complete()
        if self._places is not None and not self.cycle.response_complete:
            self._places.take(cast(dict[str, Any], self.cycle.scope))

    def has_answered_all(self) -> bool:
        """Whether no request that was let in still waits for its answer."""
        newest = cast(RequestResponseCycle | None, self.cycle)
        return newest is None or newest.response_complete

    def _may_turn_away(self, places: "Places") -> bool:
        """Answers come in the order of requests: behind another one, this one waits like that."""
        return places.are_taken() and self.has_answered_all() and places.are_needed_for(self.url)

    def _turn_away(self, places: "Places") -> None:
        if self.flow.write_paused:
            self.transport.abort()  # it sends and sends, and takes no answer
            return
        # Who waits for a 100 may send the body or not, so what comes next could be either.
        keep_alive = self.parser.should_keep_alive() and not self.expect_100_continue
        answer = places.turn_away(
            self.server_state.default_headers,
            keep_alive=keep_alive,
            has_body=self.parser.get_method() != b"HEAD",
        )
        self.transport.write(answer)
        if not keep_alive:
            self.transport.close()
        self.on_turned_away()
