# SPDX-License-Identifier: Apache-2.0
"""Receivers of what is delivered: Debian's mail and syslog servers and an HTTPS endpoint, all on loopback with TLS."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import pwd
import shutil
import signal
import ssl
import subprocess
import threading
import time

from .running import Running
from .site import free_port, wait_until

EXIM, RSYSLOGD = shutil.which("exim4", path="/usr/sbin:/usr/bin"), shutil.which("rsyslogd", path="/usr/sbin:/usr/bin")


def openssl(*words, **more):
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, **more)


class Certificates:
    """An authority of one's own and a certificate of localhost."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        folder.chmod(0o755)
        self.ca, self.cert, self.key = folder / "ca.pem", folder / "cert.pem", folder / "key.pem"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", "/CN=Test authority",
                "-keyout", folder / "ca.key", "-out", self.ca)
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", self.key,
                "-out", folder / "request.pem")
        (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
        openssl("x509", "-req", "-in", folder / "request.pem", "-CA", self.ca, "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", 2,
                "-extfile", folder / "names", "-out", self.cert)


class Program:
    """A server in the foreground, ended by its own process id."""

    def __init__(self, folder, *command):
        self.output = open(folder / "output", "ab")
        self.process = subprocess.Popen(list(map(str, command)), stdout=self.output, stderr=self.output, stdin=subprocess.DEVNULL)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.output.close()


class SyslogServer:
    """rsyslog: TLS (RFC 5425), each message as it came, one a line."""

    def __init__(self, folder, certificates, port=None):
        self.folder, self.certificates, self.port = folder, certificates, port or free_port()
        folder.mkdir(exist_ok=True)
        self.file = folder / "messages"
        self.program = None

    def __enter__(self):
        configuration = self.folder / "rsyslog.conf"
        configuration.write_text(f'''
global(workDirectory="{self.folder}" defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="{self.certificates.ca}"
       defaultNetstreamDriverCertFile="{self.certificates.cert}" defaultNetstreamDriverKeyFile="{self.certificates.key}" maxMessageSize="64k")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
input(type="imtcp" port="{self.port}" address="127.0.0.1")
template(name="parsed" type="list" option.json="off") {{
  constant(value="{{") property(name="pri" format="jsonfr" outname="pri") constant(value=", ") property(name="protocol-version" format="jsonfr" outname="version")
  constant(value=", ") property(name="timereported" dateFormat="rfc3339" format="jsonfr" outname="time")
  constant(value=", ") property(name="hostname" format="jsonfr" outname="host") constant(value=", ") property(name="app-name" format="jsonfr" outname="app")
  constant(value=", ") property(name="msgid" format="jsonfr" outname="kind") constant(value=", ") property(name="structured-data" format="jsonfr" outname="data")
  constant(value=", ") property(name="msg" format="jsonfr" outname="text") constant(value="}}\\n")
}}
action(type="omfile" file="{self.file}" template="parsed")
''')
        self.program = Program(self.folder, RSYSLOGD, "-n", "-f", configuration, "-i", self.folder / "pid")
        assert wait_until(lambda: listening(self.port)), (self.folder / "output").read_text()
        return self

    def __exit__(self, *_):
        self.program.stop()

    def messages(self):
        """Whole lines: the last one may still be on its way to the file."""
        lines = self.file.read_text().split("\n")[:-1] if self.file.exists() else []
        return [json.loads(line) for line in lines]


class MailServer:
    """Exim: submission with a login, TLS from the first byte or STARTTLS, nothing without; every message into one folder."""

    def __init__(self, folder, certificates, user, password):
        self.folder, self.certificates, self.user, self.password = folder, certificates, user, password
        self.implicit, self.starttls = free_port(), free_port()
        folder.mkdir()
        self.box = folder / "box"
        for path in (self.box, folder / "spool", folder / "log"):
            path.mkdir()
        self.program = None

    def __enter__(self):
        configuration = self.folder / "exim.conf"
        name = pwd.getpwuid(os.getuid()).pw_name if os.getuid() else "Debian-exim"
        for path in [self.folder, self.box, self.folder / "spool", self.folder / "log", self.certificates.key]:
            shutil.chown(path, name)
        configuration.write_text(f'''
exim_user = {name}
exim_group = {name}
spool_directory = {self.folder}/spool
log_file_path = {self.folder}/log/%s
primary_hostname = localhost
daemon_smtp_ports = {self.implicit} : {self.starttls}
local_interfaces = 127.0.0.1
tls_on_connect_ports = {self.implicit}
tls_advertise_hosts = *
tls_certificate = {self.certificates.cert}
tls_privatekey = {self.certificates.key}
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = check
acl_smtp_data = accept
never_users =
begin acl
check:
  deny !encrypted = *
  deny !authenticated = *
  deny recipients = refused@clinic.example
  accept
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  maildir_format
  directory = {self.box}
  user = {name}
  return_path_add
  envelope_to_add
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and {{{{eq{{$auth2}}{{{self.user}}}}}{{eq{{$auth3}}{{{self.password}}}}}}}}}
  server_set_id = $auth2
''')
        configuration.chmod(0o644)
        self.program = Program(self.folder, EXIM, "-bdf", "-q1h", "-C", configuration)
        assert wait_until(lambda: listening(self.implicit) and listening(self.starttls)), (self.folder / "output").read_text()
        return self

    def __exit__(self, *_):
        self.program.stop()

    def messages(self):
        return [file.read_text() for file in sorted((self.box / "new").glob("*"))] if (self.box / "new").exists() else []


class HookServer:
    """An HTTPS endpoint that keeps what it is sent and when, and answers as it is told."""

    def __init__(self, certificates):
        self.got, self.answer = [], 204
        self.came, self.clock = {}, Running()  # by webhook-id: (by the clock on the wall, in seconds of a running machine)
        keeper = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                keeper.came.setdefault(self.headers.get("webhook-id"), []).append((time.monotonic(), keeper.clock.seconds()))
                keeper.got.append((self.path, dict((name.lower(), value) for name, value in self.headers.items()), body))
                self.send_response(keeper.answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificates.cert, certificates.key)
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]

    def __enter__(self):
        self.clock.__enter__()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.clock.__exit__()


def signed(key, headers, body):
    """As Standard Webhooks verifies: id, timestamp and body under the key behind whsec_."""
    secret = base64.b64decode(key.removeprefix("whsec_"))
    text = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = "v1," + base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()
    return abs(time.time() - int(headers["webhook-timestamp"])) < 300 and headers.get("webhook-signature") == expected


def listening(port):
    import socket
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def folder_of(site, name):
    """Where servers that give up their rights reach their files."""
    return pathlib.Path(str(site.folder) + "-" + name)
