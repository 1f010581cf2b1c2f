"""An HTTP service that keeps documents and takes the token in a header: `PUT /name` with `X-Fencing-Token: n`, 409 for a late holder."""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

documents, lock = {}, threading.Lock()


class Documents(BaseHTTPRequestHandler):
    def do_PUT(self):
        text = self.rfile.read(int(self.headers["Content-Length"]))
        token = int(self.headers["X-Fencing-Token"])
        with lock:
            highest, _ = documents.get(self.path, (0, b""))
            if token >= highest:
                documents[self.path] = (token, text)
        self.send_response(204 if token >= highest else 409)
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Documents).serve_forever()
