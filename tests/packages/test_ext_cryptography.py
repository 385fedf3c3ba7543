"""The distribution's cryptography: cffi and Rust (abi3). A certificate made and verified."""

import datetime
import unittest

from installed import PackageTest


class Cryptography(PackageTest):
    needs = ("cryptography",)

    def certificate(self, key):
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "example.org")])
        start = datetime.datetime(2024, 1, 1)
        return (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                .serial_number(4711).not_valid_before(start).not_valid_after(start + datetime.timedelta(days=30))
                .add_extension(x509.SubjectAlternativeName([x509.DNSName("www.example.org")]), critical=False)
                .sign(key, hashes.SHA256()))

    def test_certificate(self):
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = self.certificate(key).public_bytes(serialization.Encoding.PEM)
        again = x509.load_pem_x509_certificate(pem)
        self.assertEqual((again.serial_number, again.subject.rfc4514_string()), (4711, "CN=example.org"))
        self.assertEqual(again.not_valid_after, datetime.datetime(2024, 1, 31))
        names = again.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(names.get_values_for_type(x509.DNSName), ["www.example.org"])
        args = padding.PKCS1v15(), again.signature_hash_algorithm
        again.public_key().verify(again.signature, again.tbs_certificate_bytes, *args)
        with self.assertRaises(InvalidSignature):
            again.public_key().verify(again.signature, again.tbs_certificate_bytes + b"x", *args)

    def test_signatures_and_agreement(self):
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
        key = ed25519.Ed25519PrivateKey.generate()
        key.public_key().verify(key.sign(b"text"), b"text")
        curve = ec.generate_private_key(ec.SECP256R1())
        curve.public_key().verify(curve.sign(b"text", ec.ECDSA(hashes.SHA384())), b"text", ec.ECDSA(hashes.SHA384()))
        a, b = x25519.X25519PrivateKey.generate(), x25519.X25519PrivateKey.generate()
        self.assertEqual(a.exchange(b.public_key()), b.exchange(a.public_key()))

    def test_symmetric(self):
        from cryptography.fernet import Fernet, InvalidToken
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        box = Fernet(Fernet.generate_key())
        token = box.encrypt(b"secret")
        self.assertEqual(box.decrypt(token), b"secret")
        with self.assertRaises(InvalidToken):
            box.decrypt(token[:-4] + b"AAA=")
        gcm = AESGCM(bytes(32))
        self.assertEqual(gcm.decrypt(bytes(12), gcm.encrypt(bytes(12), b"data", b"more"), b"more"), b"data")

    def test_wrong_input(self):
        from cryptography import x509
        with self.assertRaises(ValueError):
            x509.load_pem_x509_certificate(b"no certificate")


if __name__ == "__main__":
    unittest.main()
