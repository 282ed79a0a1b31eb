"""A web server on a host of the lab."""
import http.server
import threading
from contextlib import contextmanager


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener, body):
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.body, self.paths, self.peers = listener, body, [], set()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.paths.append(self.path)
        self.server.peers.add(self.client_address[0])
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


@contextmanager
def web_server(host, body, port=80):
    """Gives `body` to everybody who asks for anything; its .paths are what was asked for, its .peers who asked."""
    listener = host.listen(port=port)
    listener.settimeout(None)
    server = _Server(listener, body)
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
