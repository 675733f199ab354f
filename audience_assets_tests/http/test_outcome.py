import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from audience_assets.http.outcome import Refused, Retry, Unknown, outcome_of_failure


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx2.ConnectError("x"), Retry),
        (httpx2.ConnectTimeout("x"), Retry),
        (httpx2.PoolTimeout("x"), Retry),
        (httpx2.ProxyError("x"), Retry),
        (httpx2.ReadTimeout("x"), Unknown),
        (httpx2.WriteTimeout("x"), Unknown),
        (httpx2.ReadError("x"), Unknown),
        (httpx2.WriteError("x"), Unknown),
        (httpx2.CloseError("x"), Unknown),
        (httpx2.RemoteProtocolError("x"), Unknown),
        (httpx2.DecodingError("x"), Unknown),
        (httpx2.UnsupportedProtocol("x"), Refused),
        (httpx2.LocalProtocolError("x"), Refused),
    ],
)
def test_a_failure_before_the_request_left_is_told_from_one_after(
    failure: httpx2.RequestError, kind: type
) -> None:
    outcome = outcome_of_failure(failure, "could not add batch 3")
    assert isinstance(outcome, kind)
    assert type(failure).__name__ in (str(outcome.error) if isinstance(outcome, Refused) else outcome.said)  # type: ignore[union-attr]


@pytest.fixture
def self_signed(tmp_path: Path) -> Iterator[str]:
    """The address of an HTTPS server whose certificate nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "both.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """The handshake that the client breaks off is what is asked for here."""

    with Quiet(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"https://localhost:{server.server_address[1]}"
        server.shutdown()
        thread.join(10)


def test_a_certificate_that_nobody_vouches_for_is_for_a_person_to_mend(self_signed: str) -> None:
    with httpx2.Client() as client, pytest.raises(httpx2.ConnectError) as failure:
        client.get(self_signed)
    outcome = outcome_of_failure(failure.value, "could not add batch 3")
    assert isinstance(outcome, Refused)
    assert "could not add batch 3: there is no trusted TLS connection" in str(outcome.error)
