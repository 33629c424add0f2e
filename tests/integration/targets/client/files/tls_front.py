# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves https on loopback and passes everything on to the stand-in tenant: tls_front.py DIRECTORY TENANT_URL.

Makes a certificate authority that lasts an hour. DIRECTORY then holds ca.pem (that authority), other.pem (another one)
and, once all is ready, port. Ends as soon as that file is gone, and after two minutes in any case.
"""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LONGEST = 120.0


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key: ec.EllipticCurvePrivateKey, ca: bool
) -> bytes:
    """A certificate (PEM) of an authority, or one for 127.0.0.1."""
    now = datetime.datetime.now(datetime.timezone.utc)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    issuer_id = x509.SubjectKeyIdentifier.from_public_key(issuer_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), critical=False)
        .add_extension(usage(ca), critical=True)
    )
    builder = builder if ca else builder.add_extension(alternative, critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def usage(ca: bool) -> x509.KeyUsage:
    """What a key is for: to sign certificates, or to prove who one is."""
    names = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only")
    unused = dict.fromkeys((*names, "decipher_only"), False)
    return x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **unused)


def make_files(directory: Path) -> ssl.SSLContext:
    """Write the authorities and return what a server with a certificate of the first one needs."""
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "other", "server")}
    for name in ("ca", "other"):
        (directory / f"{name}.pem").write_bytes(certificate(name, keys[name], name, keys[name], ca=True))
    key = keys["server"].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    server = directory / "server.pem"
    server.write_bytes(certificate("tenant", keys["server"], "ca", keys["ca"], ca=False) + key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server)
    return context


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction of a connection until its end."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def main(directory: Path, tenant: str) -> None:
    """Serve until the port's file is gone."""
    target = urlsplit(tenant)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tenant_reader, tenant_writer = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(pass_on(reader, tenant_writer), pass_on(tenant_reader, writer))

    server = await asyncio.start_server(connect, "127.0.0.1", 0, ssl=make_files(directory))
    port = directory / "port"
    unfinished = directory / "port.unfinished"
    unfinished.write_text(str(server.sockets[0].getsockname()[1]))
    unfinished.rename(port)
    end = time.monotonic() + LONGEST
    while port.exists() and time.monotonic() < end:
        await asyncio.sleep(0.2)


asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
