"""An agency's system that is told by webhook and takes on whatever it is asked: `python by_webhook.py AGENCY PORT`."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx

from contracts.agencies import Agency
from tests.systems.over_http import KEPT, deal_with, to_the_adapter


def main() -> None:
    me, port = Agency(sys.argv[1]), int(sys.argv[2])
    KEPT.mkdir(exist_ok=True)
    with to_the_adapter() as http:
        HTTPServer(("127.0.0.1", port), _handler(me, http)).serve_forever()


def _handler(me: Agency, http: httpx.Client) -> type[BaseHTTPRequestHandler]:
    class Told(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            deal_with(http, me, json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...  # nothing for each item

    return Told


if __name__ == "__main__":
    main()
