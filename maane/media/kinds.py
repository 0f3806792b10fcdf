"""What a file may be: its limits, and its type as its own first bytes tell it.

What a provider or a customer says of a file is a claim; the bytes decide what it is kept and served as.
The list is short on purpose: what is not on it is a document of no known type, which is only ever
downloaded (docs/decisions/0016-media.md says why no library does this).
"""

from __future__ import annotations

MB = 1024 * 1024
LIMITS = {
    "image": 5 * MB,
    "audio": 16 * MB,
    "video": 16 * MB,
    "document": 100 * MB,
    "sticker": MB // 2,
}
"""What WhatsApp itself takes of each kind, in bytes."""

UNKNOWN = "application/octet-stream"
HEAD_BYTES = 4096
IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
AUDIO = frozenset({"audio/ogg", "audio/mpeg", "audio/aac", "audio/amr", "audio/mp4"})
VIDEO = frozenset({"video/mp4", "video/3gpp"})
OF_KIND = {"image": IMAGES, "audio": AUDIO, "video": VIDEO, "sticker": frozenset({"image/webp"})}
INLINE = IMAGES | AUDIO | VIDEO
"""What a page may show by itself. A PDF is no part of it: the sandbox that these are served in keeps
browsers from showing one, and without the sandbox it is a document that can run scripts."""
ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
}
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)
_OGG_SOUND = (b"OpusHead", b"\x01vorbis", b"Speex   ")


def content_type(kind: str, head: bytes) -> str | None:
    """The type of a file that was sent as ``kind``, from its first ``HEAD_BYTES``; None for one that
    is not of its kind. A document may be anything."""
    found = _type_of(head)
    if kind == "document":
        return found or UNKNOWN
    if kind == "audio" and found in VIDEO:
        # The container is the same; whether it holds pictures stands further in, where none are shown.
        found = "audio/mp4"
    return found if found in OF_KIND[kind] else None


def kind_of_type(declared: str) -> str:
    """The kind of a file of which only the declared type is known."""
    kind = declared.partition("/")[0].strip().lower()
    return kind if kind in ("image", "audio", "video") else "document"


def _type_of(head: bytes) -> str | None:
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:4] == b"OggS":
        return "audio/ogg" if any(sound in head[:128] for sound in _OGG_SOUND) else None
    if head[4:8] == b"ftyp":
        return _type_of_brand(head[8:12])
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        # Both begin with a run of set bits; a layer of 0 is AAC's, 3 of MPEG's are taken, 1 is none.
        if head[1] & 0xF6 == 0xF0:
            return "audio/aac"
        if head[1] & 0x06 and head[1] & 0x18 != 0x08:
            return "audio/mpeg"
    return None


def _type_of_brand(brand: bytes) -> str | None:
    if brand in (b"M4A ", b"M4B "):
        return "audio/mp4"
    if brand.startswith(b"3g"):
        return "video/3gpp"
    if brand in (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash"):
        return "video/mp4"
    return "video/mp4" if brand in (b"MSNV", b"M4V ", b"qt  ") else None
