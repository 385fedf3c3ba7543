"""requests against a server on this machine, and its own tests."""

import unittest

from packages import PackageTest

PROGRAM = """\
import gzip, http.server, json, threading
import requests

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args): pass
    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        if self.path.startswith("/move"):
            self.answer(302, b"", Location="/json?moved=1", Set_Cookie="seen=yes; Path=/")
        elif self.path.startswith("/json"):
            self.answer(200, gzip.compress(json.dumps({"path": self.path, "cookie": self.headers.get("Cookie"),
                                                       "auth": self.headers.get("Authorization")}).encode()),
                        Content_Type="application/json", Content_Encoding="gzip")
        elif self.path == "/chunks":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for i in range(3):
                self.wfile.write(b"6\\r\\nline %d\\r\\n" % i if i < 2 else b"0\\r\\n\\r\\n")
        elif self.path == "/cut":
            self.wfile.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\nshort")
            self.close_connection = True
        else:
            self.answer(404, "nichts für dich".encode("latin-1"), Content_Type="text/plain; charset=latin-1")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(201, self.headers["Content-Type"].split(";")[0].encode() + b" %d" % len(body))

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
session = requests.Session()
session.trust_env = False
r = session.get(base + "/move", auth=("u", "p"))
print(r.status_code, [h.status_code for h in r.history], r.json(), r.cookies.get_dict(), session.cookies.get_dict())
r = session.get(base + "/json", params={"q": "é x", "n": [1, 2]})
print(r.json()["path"], r.encoding, r.headers["content-type"], r.elapsed.total_seconds() < 5)
r = session.get(base + "/absent")
print(r.ok, r.text, r.encoding)
try:
    r.raise_for_status()
except requests.HTTPError as e:
    print(str(e).replace(base, ""))
print(session.post(base + "/form", data={"a": "1", "b": "é"}).text, session.post(base, json=[1, 2]).text,
      session.post(base, files={"f": ("name.txt", b"content")}).text.split()[0])
print(session.get(base + "/cut").content)
print(list(session.get(base + "/chunks", stream=True).iter_content(None)), list(session.get(base + "/chunks").iter_lines()))
for url, kind in (("http://127.0.0.1:9/", requests.ConnectionError),
                  ("nonsense", requests.exceptions.MissingSchema), ("http://127.0.0.1:x/", requests.exceptions.InvalidURL)):
    try:
        print(session.get(url, timeout=5))
    except kind as e:
        print(kind.__name__)
server.shutdown()
"""


class Requests(PackageTest):
    package, debian = "requests", "python3-requests"

    def test_a_session(self):
        self.check_program(PROGRAM)

    def test_own_suite(self):
        source = self.source("requests")
        # Left out: what wants SOCKS, a certificate maker, or addresses that do not answer.
        self.run_suite(source, "tests", "-k", "not use_proxy_from_environment and not TestTimeout and not https_warnings",
                       path=source, least=540)


if __name__ == "__main__":
    unittest.main()
