#!/usr/bin/env python3
# A server for large loads: takes every document of a bulk request and keeps none.
#
# Prints its port. Answers 503 until SIGUSR1, then 201 for each document; SIGUSR2 prints how many it
# has taken so far, with a number of requests that were refused.
import gzip
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lock = threading.Lock()
taken = refused = 0
is_open = threading.Event()
ITEM = b'{"create":{"status":201}}'


class Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global taken, refused
        body = self.rfile.read(int(self.headers["content-length"]))
        if not is_open.is_set():
            with lock:
                refused += 1
            return self.answer(503, b'{"error":{"type":"unavailable"},"status":503}')
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        count = body.count(b"\n") // 2
        with lock:
            taken += count
        items = b",".join([ITEM] * count)
        self.answer(200, b'{"errors":false,"items":[' + items + b"]}")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def say(*_):
    print(f"taken {taken} refused {refused}", flush=True)


server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
server.daemon_threads = True
signal.signal(signal.SIGUSR1, lambda *_: is_open.set())
signal.signal(signal.SIGUSR2, say)
print(f"port {server.server_address[1]}", flush=True)
sys.stdout.flush()
server.serve_forever()
